#include "event/json_check.h"

#include <fmt/format.h>

#include "event/canonical.h"

namespace offsync {
namespace {

namespace od = canonical::od;

// simdjson finds the end of what nobody looks at by counting brackets, so each value is looked at.
class Check {
 public:
  Status run(std::string_view text) {
    const simdjson::padded_string padded(text);
    out_.reset(padded.size() + simdjson::SIMDJSON_PADDING);
    od::parser parser;
    od::document document;
    od::value whole;
    bool good = false;
    if (const auto error = parser.iterate(padded).get(document)) {
      walker_.fail(error);
    } else if (const auto none = document.get_value().get(whole)) {
      walker_.fail(none);
    } else {
      good = value(whole, 0);
      if (good && document.current_location().error() == simdjson::SUCCESS) {
        good = walker_.fail("trailing", "it goes on behind its end");
      }
    }
    return good ? Status() : Status(walker_.take_error());
  }

 private:
  bool value(od::value value, int depth) {
    od::json_type type{};
    if (const auto error = value.type().get(type)) return walker_.fail(error);
    if (type == od::json_type::object || type == od::json_type::array) {
      if (depth >= kJsonCheckDepth) {
        return walker_.fail("too_deep",
                            fmt::format("it is nested deeper than {} levels", kJsonCheckDepth));
      }
      return type == od::json_type::object ? object(value, depth) : array(value, depth);
    }
    if (type == od::json_type::number) {
      return canonical::is_number(canonical::Walker::token(value)) ||
             walker_.fail("malformed", "a number is not well-formed");
    }
    out_.restart();
    return walker_.write(value, depth);
  }

  bool array(od::value& value, int depth) {
    od::array array;
    if (const auto error = value.get_array().get(array)) return walker_.fail(error);
    for (auto item : array) {
      od::value element;
      if (const auto error = std::move(item).get(element)) return walker_.fail(error);
      if (!this->value(element, depth + 1)) return false;
    }
    return true;
  }

  bool object(od::value& value, int depth) {
    od::object object;
    if (const auto error = value.get_object().get(object)) return walker_.fail(error);
    for (auto item : object) {
      od::field field;
      if (const auto error = std::move(item).get(field)) return walker_.fail(error);
      std::string_view name;
      if (!walker_.read_name(field, name)) return false;
      if (!this->value(field.value(), depth + 1)) return false;
    }
    return true;
  }

  canonical::Out out_;
  canonical::Walker walker_{out_};
};

}  // namespace

Status check_json(std::string_view text) {
  return Check().run(text);
}

}  // namespace offsync
