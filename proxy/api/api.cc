#include "proxy/api/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <span>
#include <utility>
#include <variant>

#include "base/limits.h"
#include "base/text.h"
#include "proxy/api/parts.h"
#include "proxy/http/problems.h"

namespace offsync::proxy {
namespace {

bool valid_space(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= limits::kSpaceNameBytes && letter(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return letter(c) || c == '.' || c == '_' || c == '-'; });
}

Problem no_such_route() {
  return problem_of(kNoSuchRoute, "there is nothing under this path");
}

ApiAnswer not_allowed(std::string_view route, std::string allowed) {
  auto answer = answer_of(problem_of(kBadMethod, "this path takes " + allowed));
  answer.route = route;
  answer.headers.emplace_back("Allow", std::move(allowed));
  return answer;
}

ApiAnswer options_answer() {
  ApiAnswer answer;
  answer.status = 204;
  answer.route = "options";
  answer.headers.emplace_back("Allow", "GET, HEAD, POST, OPTIONS");
  return answer;
}

bool of_space(const std::vector<std::string>& path) {
  return path.size() >= 3 && path[0] == "v1" && path[1] == "spaces";
}

// A misspelt filter must not give the whole log. Names that begin with `_` are anybody's: what
// keeps caches away, for instance.
std::optional<Problem> unknown_parameter(const Target& target,
                                         std::span<const std::string_view> takes) {
  for (const auto& [name, value] : target.query) {
    if (name.starts_with('_')) continue;
    if (std::find(takes.begin(), takes.end(), name) != takes.end()) continue;
    std::string known;
    for (const auto take : takes) known += fmt::format("{}{}", known.empty() ? "" : ", ", take);
    const std::string what = takes.empty() ? "takes no parameters" : "takes " + known;
    return problem_of(kBadRequest,
                      fmt::format("there is no parameter \"{}\" here: this {}", name, what));
  }
  return std::nullopt;
}

bool reads(const ApiRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

}  // namespace

ApiAnswer answer_of(const Problem& problem) {
  ApiAnswer answer;
  answer.status = problem.status;
  answer.content_type = kProblemType;
  answer.body = encode_problem(problem);
  if (problem.status == 503) answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

Coding coding_for(const ApiRequest& request) {
  const auto list = request.header("Accept-Encoding");
  const auto wanted = [&](std::string_view name) { return quality(list, name).value_or(0); };
  const double zstd = wanted("zstd"), gzip = std::max(wanted("gzip"), wanted("x-gzip"));
  const double best = std::max(zstd, gzip);
  if (best <= 0 || wanted("identity") > best) return Coding::identity;
  return zstd >= gzip ? Coding::zstd : Coding::gzip;
}

bool wants_stream(const ApiRequest& request) {
  const auto list = request.header("Accept");
  const double stream = quality(list, kEventStream).value_or(0);
  return stream > 0 && stream >= quality_or_any(list, kNdjson);
}

std::string_view name_of(Coding coding) {
  return coding == Coding::zstd ? "zstd" : coding == Coding::gzip ? "gzip" : "identity";
}

Api::Api(LogStore& store, Ingest& ingest, Clock& clock, Log& log, Metrics& metrics,
         ApiOptions options)
    : store_(store),
      ingest_(ingest),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      options_(std::move(options)),
      bytes_(options_.bytes) {}

// What is at a path. Without a method of Api: it is about the proxy, and read only.
struct Api::Route {
  using Method = ApiAnswer (Api::*)(const Call&);
  using Later = std::optional<ApiAnswer> (Api::*)(const Call&, const AnswerFn&);
  std::string_view name;
  Method get = nullptr, post = nullptr;
  std::span<const std::string_view> takes;  // parameters of the query
  Later post_later = nullptr;               // instead of `post`

  bool takes_post() const { return post != nullptr || post_later != nullptr; }
};

void Api::handle(const ApiRequest& request, const AnswerFn& answered) {
  std::optional<ApiAnswer> answer;
  try {
    const auto target = parse_target(request.target);
    if (request.method == "OPTIONS" && request.target == "*") {  // of the server as a whole
      answer = options_answer();
      finish(request, *answer);
    } else if (const auto* problem = std::get_if<Problem>(&target)) {
      answer = refuse(request, *problem);
    } else {
      answer = answer_at(request, std::get<Target>(target), answered);
      if (!answer) return;
      begin_source(request, *answer);
      finish(request, *answer);
    }
  } catch (const std::exception& thrown) {
    answer = failed(request, thrown);
  }
  answered(std::move(*answer));
}

ApiAnswer Api::handle(const ApiRequest& request) {
  const auto promise = std::make_shared<std::promise<ApiAnswer>>();
  auto answer = promise->get_future();
  handle(request, [promise](ApiAnswer given) { promise->set_value(std::move(given)); });
  return answer.get();
}

ApiAnswer Api::failed(const ApiRequest& request, const std::exception& thrown) {
  log_.write(LogLevel::error, "request_failed",
             {{"target", request.target}, {"reason", thrown.what()}});
  return refuse(request, problem_of(kInternal, "this is a bug of the proxy"));
}

ApiAnswer Api::refuse(const ApiRequest& request, const Problem& problem) {
  auto answer = answer_of(problem);
  // A length helps no POST to a path that takes none.
  if (problem.status == kNoLength.status && request.method != "OPTIONS") {
    const auto target = parse_target(request.target);
    if (const auto* at = std::get_if<Target>(&target)) {
      auto found = route_for(request, *at);
      if (auto* other = std::get_if<ApiAnswer>(&found)) answer = std::move(*other);
    }
  }
  finish(request, answer);
  return answer;
}

std::optional<Api::Route> Api::route_of(const Target& target) {
  static constexpr std::string_view kOfEvents[] = {"after", "limit", "type", "subject",
                                                   "lastEventId"};
  static constexpr std::string_view kOfState[] = {"subject"};
  const auto& path = target.path;
  if (path.size() == 1) {
    for (const std::string_view name : {"healthz", "readyz", "metrics"}) {
      if (path[0] == name) return Route{name, nullptr, nullptr, {}};
    }
    return std::nullopt;
  }
  if (!of_space(path)) return std::nullopt;
  if (path.size() == 3) return Route{"space", &Api::info, nullptr, {}};
  if (path.size() > 4 && path[3] == "state") return Route{"entity", &Api::entity, nullptr, {}};
  if (path.size() != 4) return std::nullopt;
  if (path[3] == "events") {
    return Route{"events", &Api::get_events, nullptr, kOfEvents, &Api::post_events};
  }
  if (path[3] == "state" && target.parameter("subject")) {
    return Route{"entity", &Api::entity, nullptr, kOfState};
  }
  if (path[3] == "state") return Route{"state", &Api::state, nullptr, kOfState};
  if (path[3] == "missing") return Route{"missing", nullptr, &Api::missing, {}};
  if (path[3] == "conflicts") return Route{"conflicts", &Api::conflicts, nullptr, {}};
  return std::nullopt;
}

// What a request is for, or the answer where there is no such path, or it does not fit to it.
std::variant<ApiAnswer, Api::Route> Api::route_for(const ApiRequest& request,
                                                   const Target& target) {
  if (of_space(target.path) && !valid_space(target.path[2])) {
    return answer_of(problem_of(
        kBadSpace, fmt::format("a space's name is [a-z0-9][a-z0-9._-]*, {} bytes at most",
                               limits::kSpaceNameBytes)));
  }
  const auto route = route_of(target);
  if (!route) return answer_of(no_such_route());
  const bool posts = request.method == "POST" && route->takes_post();
  const bool gets = reads(request) && (route->get != nullptr || !route->takes_post());
  if (!posts && !gets) {
    return not_allowed(route->name, !route->takes_post()    ? "GET, HEAD"
                                    : route->get == nullptr ? "POST"
                                                            : "GET, HEAD, POST");
  }
  const auto takes = posts ? std::span<const std::string_view>() : route->takes;
  if (!of_space(target.path)) return *route;
  if (auto problem = unknown_parameter(target, takes)) {
    auto answer = answer_of(*problem);
    answer.route = route->name;
    return answer;
  }
  return *route;
}

// Nothing where it is answered later.
std::optional<ApiAnswer> Api::answer_at(const ApiRequest& request, const Target& target,
                                        const AnswerFn& answered) {
  if (request.method == "OPTIONS") return options_answer();
  auto found = route_for(request, target);
  if (auto* refused = std::get_if<ApiAnswer>(&found)) return std::move(*refused);
  const Route& route = std::get<Route>(found);
  if (of_space(target.path)) return space_route(request, target, route, answered);
  ApiAnswer answer;
  answer.content_type = "text/plain; charset=utf-8";
  answer.body = "ok\n";
  if (route.name == "readyz") answer = ready();
  if (route.name == "metrics") {
    answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
    answer.body = metrics_.text();
  }
  answer.route = route.name;
  answer.headers.emplace_back("Cache-Control", "no-store");
  return answer;
}

ApiAnswer Api::ready() {
  ingest_.catch_up();
  ApiAnswer answer;
  if (stopping_) {
    answer = answer_of(problem_of(kNotReady, "the proxy is stopping"));
  } else if (const auto status = store_.check(); !status) {
    answer = store_failed("checked", status.error());
  } else {
    answer.content_type = "text/plain; charset=utf-8";
    answer.body = "ready\n";
  }
  answer.route = "readyz";
  return answer;
}

std::optional<ApiAnswer> Api::space_route(const ApiRequest& request, const Target& target,
                                          const Route& route, const AnswerFn& answered) {
  ingest_.catch_up();
  const std::string& space = target.path[2];
  auto at = store_.space(space);
  if (!at) return store_failed("read", at.error());
  const Call call{request, target, space, std::move(*at)};
  std::optional<ApiAnswer> answer;
  if (!reads(request) && route.post_later != nullptr) {
    answer = (this->*route.post_later)(call, answered);
    if (!answer) return std::nullopt;
  } else {
    answer = (this->*(reads(request) ? route.get : route.post))(call);
  }
  if (answer->route == "other") answer->route = route.name;
  name_log(call.at, *answer);
  return answer;
}

// `at`: before the request.
void Api::name_log(const SpaceState& at, ApiAnswer& answer) {
  const bool named = std::any_of(answer.headers.begin(), answer.headers.end(),
                                 [](const auto& h) { return h.first == "Offsync-Epoch"; });
  if (!named) answer.headers.emplace_back("Offsync-Epoch", at.epoch);
  answer.headers.emplace_back("Offsync-Log", at.log);
}

// Why, in words that name no file and no number: those are in the log.
std::string_view cause_of(const Error& error) {
  constexpr std::pair<std::string_view, std::string_view> kCauses[] = {
      {"disk_full", ": no space is left on its disk"},
      {"replaced", ": its file was taken away, replaced or written to by another program"},
      {"corrupt", ": it is damaged"},
      {"read_only", ": its file or folder cannot be written to"},
      {"busy", ": another program keeps it busy"}};
  for (const auto& [code, cause] : kCauses) {
    if (error.code == code) return cause;
  }
  return "";
}

// The rest of why is the operator's to know, not every client's.
ApiAnswer Api::store_failed(std::string_view what, const Error& error) {
  log_.write(LogLevel::error, "store_failed",
             {{"while", what}, {"code", error.code}, {"reason", error.message()}});
  std::string_view cause = cause_of(error);
  if (error.code == "unknown") {  // that is what became of a commit, not why
    const Status now = store_.check();
    if (!now) cause = cause_of(now.error());
  }
  return answer_of(problem_of(
      kNotReady, fmt::format("the log store cannot be {} now{}; try again", what, cause)));
}

// Takes the first piece now: an answer that cannot even begin is a problem, not one that is cut.
void Api::begin_source(const ApiRequest& request, ApiAnswer& answer) {
  if (!answer.source) return;
  const auto fail = [&](const Error& error) {
    const auto route = answer.route;
    answer = error.code == kExpired.code ? answer_of(problem_of(kExpired, error.message()))
                                         : store_failed("read", error);
    answer.route = route;
  };
  auto more = answer.source->next(answer.body);
  if (!more) return fail(more.error());
  const auto coding = coding_for(request);
  if (*more && !answer.coded && coding != Coding::identity) {
    answer.source = compressed(std::move(answer.body), std::move(answer.source), coding);
    answer.headers.emplace_back("Content-Encoding", name_of(coding));
    answer.coded = true;
    answer.body.clear();
    more = answer.source->next(answer.body);
    if (!more) return fail(more.error());
  }
  if (!*more) answer.source.reset();
}

}  // namespace offsync::proxy
