#include "event/decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "base/rfc3339.h"
#include "event/canonical.h"
#include "event/checks.h"
#include "event/operations.h"

namespace offsync {

namespace od = canonical::od;

namespace {

constexpr const char* kBehind = "there is text behind the event's closing brace";

// Whether the object that `line` begins with is closed in it, as far as brackets go.
bool ends_before(std::string_view line) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '{' || c == '[')) {
      ++depth;
    } else if (!in_string && (c == '}' || c == ']') && --depth == 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

struct Decoder::Impl {
  Result<const EventView*> decode(std::string_view line, bool partial);
  // The line in a buffer of ours, with padding.
  std::string_view copy_of(std::string_view line);

 private:
  bool read(std::string_view line);
  bool read_members(od::object& object);
  bool read_attribute(std::string_view name, od::value value);
  bool read_text(std::string_view name, od::value& value, std::size_t limit, std::string_view& out);
  bool read_counting(std::string_view name, od::value& value, std::uint64_t& out);
  bool read_stamp(od::value& value);
  bool read_time(od::value& value);
  bool read_extension(std::string_view name, od::value& value);
  bool finish();
  std::uint64_t node_of(std::string_view source);

  // The attributes that offsync knows, as bits of what was seen.
  enum Attribute : unsigned {
    kOther = 0,
    kSpecversion = 1,
    kId = 2,
    kSource = 4,
    kType = 8,
    kSubject = 16,
    kTime = 32,
    kStamp = 64,
    kClientseq = 128,
    kCausationid = 256,
    kData = 512,
    kSequence = 1024,
    kRecordedtime = 2048,
  };
  bool once(Attribute attribute, std::string_view name);
  static Attribute known(std::string_view name);
  bool read_known(Attribute attribute, std::string_view name, od::value& value);

  od::parser parser_;
  canonical::Out out_;
  canonical::Walker walker_{out_};
  Operations operations_;
  std::vector<Extension> extensions_;
  unsigned seen_ = 0;
  unsigned null_ = 0;  // of those: given as null, which CloudEvents takes for absent
  int leap_ms_ = -1;   // of the time
  EventView event_;
  std::unordered_map<std::string, std::uint64_t> nodes_;  // of foreign sources
  std::vector<char> padded_;
  bool partial_ = false;
};

Decoder::Decoder() : impl_(std::make_unique<Impl>()) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Result<const EventView*> Decoder::decode(std::string_view line) {
  return impl_->decode(impl_->copy_of(line), false);
}

Result<const EventView*> Decoder::decode_partial(std::string_view line) {
  return impl_->decode(impl_->copy_of(line), true);
}

std::string_view Decoder::Impl::copy_of(std::string_view line) {
  if (line.size() <= limits::kLineBytes) {
    if (padded_.size() < line.size() + kDecodePadding) padded_.resize(line.size() + kDecodePadding);
    std::copy(line.begin(), line.end(), padded_.begin());
    line = {padded_.data(), line.size()};
  }
  return line;
}

Result<const EventView*> Decoder::decode_in_place(std::string_view line) {
  static_assert(kDecodePadding >= simdjson::SIMDJSON_PADDING);
  return impl_->decode(line, false);
}

Result<const EventView*> Decoder::Impl::decode(std::string_view line, bool partial) {
  partial_ = partial;
  if (line.size() > limits::kLineBytes) {
    return bad_data("too_large", fmt::format("the line has {} bytes; at most {} can be taken",
                                             line.size(), limits::kLineBytes));
  }
  if (!read(line)) return walker_.take_error();
  return &event_;
}

bool Decoder::Impl::read(std::string_view line) {
  out_.reset(line.size() + kDecodePadding);
  walker_.reset();
  operations_.clear();
  extensions_.clear();
  seen_ = null_ = 0;
  leap_ms_ = -1;
  event_ = EventView{};
  event_.data = "{}";

  od::document document;
  const simdjson::padded_string_view padded(line.data(), line.size(), line.size() + kDecodePadding);
  if (const auto error = parser_.iterate(padded).get(document)) return walker_.fail(error);
  od::object object;
  if (const auto error = document.get_object().get(object)) {
    // simdjson looks at the last character first.
    if (error == simdjson::INCOMPLETE_ARRAY_OR_OBJECT && ends_before(line)) {
      return walker_.fail("malformed", kBehind);
    }
    if (error == simdjson::INCOMPLETE_ARRAY_OR_OBJECT) {
      return walker_.fail("malformed", "the JSON object does not end; is the line cut off?");
    }
    return walker_.fail("malformed", "an event is a JSON object, and this is none");
  }
  if (!read_members(object)) return false;
  if (document.current_location().error() == simdjson::SUCCESS) {
    return walker_.fail("malformed", kBehind);
  }
  return finish();
}

bool Decoder::Impl::read_members(od::object& object) {
  for (auto item : object) {
    od::field field;
    if (const auto error = std::move(item).get(field)) return walker_.fail(error);
    std::string_view name;
    if (!walker_.read_name(field, name) || !read_attribute(name, field.value())) return false;
  }
  return true;
}

bool Decoder::Impl::once(Attribute attribute, std::string_view name) {
  if ((seen_ & attribute) != 0) {
    return walker_.fail("duplicate_name", fmt::format("the attribute {} is there twice", name));
  }
  seen_ |= attribute;
  return true;
}

Decoder::Impl::Attribute Decoder::Impl::known(std::string_view name) {
  switch (name.size()) {
    case 2:
      return name == "id" ? kId : kOther;
    case 4:
      return name == "data" ? kData : name == "type" ? kType : name == "time" ? kTime : kOther;
    case 5:
      return name == "stamp" ? kStamp : kOther;
    case 6:
      return name == "source" ? kSource : kOther;
    case 7:
      return name == "subject" ? kSubject : kOther;
    case 8:
      return name == "sequence" ? kSequence : kOther;
    case 9:
      return name == "clientseq" ? kClientseq : kOther;
    case 11:
      return name == "specversion" ? kSpecversion : name == "causationid" ? kCausationid : kOther;
    case 12:
      return name == "recordedtime" ? kRecordedtime : kOther;
    default:
      return kOther;
  }
}

bool Decoder::Impl::read_attribute(std::string_view name, od::value value) {
  const Attribute attribute = known(name);
  if (attribute == kOther) return read_extension(name, value);
  if (!once(attribute, name)) return false;
  if (value.raw_json_token().front() == 'n' && canonical::Walker::token(value) == "null") {
    null_ |= attribute;
    return true;
  }
  return read_known(attribute, name, value);
}

bool Decoder::Impl::read_known(Attribute attribute, std::string_view name, od::value& value) {
  switch (attribute) {
    case kSpecversion: {
      std::string_view version;
      if (!read_text(name, value, 16, version)) return false;
      return version == "1.0" || walker_.fail("bad_attribute", "specversion must be \"1.0\"");
    }
    case kId:
      return read_text(name, value, limits::kIdBytes, event_.id);
    case kSource:
      return read_text(name, value, limits::kSourceBytes, event_.source);
    case kType:
      return read_text(name, value, limits::kTypeBytes, event_.type);
    case kSubject:
      return read_text(name, value, limits::kSubjectBytes, event_.subject);
    case kTime:
      return read_time(value);
    case kStamp:
      return read_stamp(value);
    case kClientseq:
      return read_counting(name, value, event_.clientseq);
    case kCausationid:
      return read_text(name, value, limits::kIdBytes, event_.causationid);
    case kSequence:
      return read_counting(name, value, event_.sequence);
    case kRecordedtime:
      if (!read_text(name, value, 40, event_.recordedtime)) return false;
      return read_rfc3339(event_.recordedtime) ||
             walker_.fail("bad_attribute", "recordedtime is no RFC 3339 time");
    default:
      return operations_.read(walker_, value, event_);
  }
}

bool Decoder::Impl::read_text(std::string_view name, od::value& value, std::size_t limit,
                              std::string_view& out) {
  bool had_escape = false;
  if (!walker_.read_string(value, out, name, had_escape)) return false;
  if (out.empty()) return walker_.fail("bad_attribute", fmt::format("{} is empty", name));
  if (out.size() > limit) {
    return walker_.fail("too_large", fmt::format("{} has {} bytes; at most {} can be taken", name,
                                                 out.size(), limit));
  }
  const bool control = had_escape ? has_control(out) : out.find('\x7f') != out.npos;
  if (!control) return true;
  return walker_.fail("bad_attribute", fmt::format("{} has a control character", name));
}

bool Decoder::Impl::read_counting(std::string_view name, od::value& value, std::uint64_t& out) {
  std::string_view text;
  if (!read_text(name, value, 20, text)) return false;
  const auto number = parse_counting(text);
  if (!number) {
    return walker_.fail(
        "bad_attribute",
        fmt::format("{} must be a decimal number from 1 to 2^63-1, as a string", name));
  }
  out = *number;
  return true;
}

bool Decoder::Impl::read_stamp(od::value& value) {
  std::string_view text;
  if (!read_text("stamp", value, 64, text)) return false;
  const auto stamp = Stamp::parse(text);
  if (stamp && stamp->none()) {
    return walker_.fail("bad_attribute",
                        "the stamp of zeros is none; leave it out where there is no stamp");
  }
  if (!stamp) {
    return walker_.fail("bad_attribute",
                        "stamp must be <12 hex ms>-<4 hex counter>-<16 hex node> in lower case");
  }
  event_.stamp = *stamp;
  event_.stamp_given = true;
  return true;
}

bool Decoder::Impl::read_time(od::value& value) {
  if (!read_text("time", value, 40, event_.time)) return false;
  const auto time = read_rfc3339(event_.time);
  if (!time) {
    return walker_.fail(
        "bad_attribute",
        fmt::format("time \"{}\" is no RFC 3339 time from 1970 to 9999", event_.time));
  }
  event_.time_ms = time->ms;
  leap_ms_ = time->leap_ms;
  return true;
}

bool Decoder::Impl::read_extension(std::string_view name, od::value& value) {
  const bool null = value.raw_json_token().front() == 'n';
  if (name == "data_base64" && !(null && canonical::Walker::token(value) == "null")) {
    return walker_.fail("bad_attribute",
                        "binary data (data_base64) is not taken: data is a JSON object that says "
                        "what changes");
  }
  if (!is_attribute_name(name) && name != "data_base64") {
    return walker_.fail("bad_attribute",
                        fmt::format("the attribute name \"{}\" is not [a-z0-9], 1 to {} of them",
                                    printable(name), limits::kExtensionNameBytes));
  }
  if (extensions_.size() >= limits::kExtensions) {
    return walker_.fail(
        "too_large", fmt::format("it has more than {} extension attributes", limits::kExtensions));
  }
  od::json_type type{};
  if (const auto error = value.type().get(type)) return walker_.fail(error);
  if (type == od::json_type::object || type == od::json_type::array) {
    return walker_.fail(
        "bad_attribute",
        fmt::format("the attribute {} must be a string, a number or a boolean", name));
  }
  const char* const at = out_.at();
  if (!walker_.write(value, 0)) return false;
  const std::string_view text = out_.since(at);
  extensions_.push_back({name, text});
  return true;
}

std::uint64_t Decoder::Impl::node_of(std::string_view source) {
  constexpr std::size_t kRemembered = 4096;
  if (const auto it = nodes_.find(std::string(source)); it != nodes_.end()) return it->second;
  if (nodes_.size() >= kRemembered) nodes_.clear();
  return nodes_.emplace(source, foreign_node(source)).first->second;
}

bool Decoder::Impl::finish() {
  const unsigned required = kType | kSubject | (partial_ ? 0 : kSpecversion | kId | kSource);
  if (const unsigned absent = required & ~(seen_ & ~null_); absent != 0) {
    const char* missing = (absent & kSpecversion) != 0 ? "specversion"
                          : (absent & kId) != 0        ? "id"
                          : (absent & kSource) != 0    ? "source"
                          : (absent & kType) != 0      ? "type"
                                                       : "subject";
    return walker_.fail("missing", fmt::format("the attribute {} is missing", missing));
  }
  if (!is_kind_and_id(event_.subject)) {
    return walker_.fail("bad_attribute", subject_form(event_.subject));
  }
  std::sort(extensions_.begin(), extensions_.end(),
            [](const Extension& a, const Extension& b) { return a.name < b.name; });
  for (std::size_t i = 1; i < extensions_.size(); ++i) {
    if (extensions_[i].name == extensions_[i - 1].name) {
      return walker_.fail("duplicate_name",
                          fmt::format("the attribute {} is there twice", extensions_[i].name));
    }
  }
  // CloudEvents' JSON format: an attribute that is null is one that is absent.
  std::erase_if(extensions_, [](const Extension& extension) { return extension.value == "null"; });
  event_.extensions = extensions_;
  if (!event_.stamp_given && !event_.time.empty() && !event_.source.empty()) {
    const auto counter = static_cast<std::uint16_t>(1 + leap_ms_);
    event_.stamp = Stamp::make(event_.time_ms, counter, node_of(event_.source));
  }
  const std::size_t bytes = content_bytes(event_);
  if (bytes > limits::kEventBytes) {
    return walker_.fail("too_large", fmt::format("the event has {} bytes; at most {} can be taken",
                                                 bytes, limits::kEventBytes));
  }
  return true;
}

}  // namespace offsync
