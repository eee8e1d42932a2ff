#include "wire/problem.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/shorten.h"
#include "wire/json_reader.h"
#include "wire/media_type.h"

namespace offsync {
namespace {

constexpr std::size_t kCodeBytes = 64;
constexpr std::size_t kTextBytes = 2000;

}  // namespace

bool is_problem_code(std::string_view text) {
  return !text.empty() && text.size() <= kCodeBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

std::string first_words(std::string_view text) {
  if (text.size() <= kTextBytes) return std::string(text);
  return std::string(text.substr(0, character_begin(text, kTextBytes))) + "…";
}

std::string encode_problem(const Problem& problem) {
  nlohmann::ordered_json json;
  json["type"] = "about:blank";
  if (!problem.title.empty()) json["title"] = problem.title;
  json["status"] = problem.status;
  json["code"] = problem.code;
  if (!problem.detail.empty()) json["detail"] = problem.detail;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Problem parse_problem(int status, std::string_view content_type, std::string_view body) {
  Problem problem{status, "http_" + std::to_string(status), {}, {}};
  JsonReader json;
  if (!is_media_type(content_type, "application/problem+json") || !json.read(body)) return problem;
  if (const auto code = json.text("code"); code && is_problem_code(*code)) problem.code = *code;
  problem.title = first_words(json.text("title").value_or(""));
  problem.detail = first_words(json.text("detail").value_or(""));
  return problem;
}

}  // namespace offsync
