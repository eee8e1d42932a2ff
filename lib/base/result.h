// Error and Result<T>: how every fallible operation of offsync answers.
//
// An Error says what failed and on what (`detail`), carries a stable word that scripts and
// clients may test (`code`, e.g. "kind_mismatch"), and what to do next (`hint`, may be empty).
// `kind` is the class of the failure; the command line maps it to its exit code.
// Nothing in lib/ throws on bad input; exceptions mean out of memory or a bug.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace offsync {

enum class Errc {
  usage,        // the caller asked for something that makes no sense
  bad_data,     // input that cannot be taken: malformed, refused, too large
  no_input,     // a file or entity that is not there
  unreachable,  // no connection to the proxy
  internal,     // a bug
  io,           // disk full, file system or database failure
  partial,      // partly done; trying again later will help
  protocol,     // the other side does not speak our protocol
  auth,         // not allowed
  config,       // settings that cannot be used
};

struct Error {
  Errc kind = Errc::internal;
  std::string code;    // stable, [a-z_]+
  std::string detail;  // one sentence for a person: what failed, on what, why
  std::string hint;    // what to do next, or empty

  // "detail; hint", for a message line.
  std::string message() const { return hint.empty() ? detail : detail + "; " + hint; }
};

inline Error make_error(Errc kind, std::string code, std::string detail, std::string hint = {}) {
  return Error{kind, std::move(code), std::move(detail), std::move(hint)};
}

inline Error bad_data(std::string code, std::string detail, std::string hint = {}) {
  return make_error(Errc::bad_data, std::move(code), std::move(detail), std::move(hint));
}

// A value or an Error. Reading the value of an error (or the reverse) is a bug and asserts.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(*-explicit-*)
  Result(Error error) : v_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(*-explicit-*)

  bool ok() const { return v_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return *get(); }
  const T& value() const& { return *get(); }
  T value() && { return std::move(*get()); }
  T& operator*() & { return *get(); }
  const T& operator*() const& { return *get(); }
  T operator*() && { return std::move(*get()); }
  T* operator->() { return get(); }
  const T* operator->() const { return get(); }

  const Error& error() const& {
    assert(!ok());
    return *std::get_if<1>(&v_);
  }
  Error error() && {
    assert(!ok());
    return std::move(*std::get_if<1>(&v_));
  }

 private:
  T* get() {
    assert(ok());
    return std::get_if<0>(&v_);
  }
  const T* get() const {
    assert(ok());
    return std::get_if<0>(&v_);
  }
  std::variant<T, Error> v_;
};

// Done, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(*-explicit-*)

  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const& {
    assert(error_);
    return *error_;
  }
  Error error() && {
    assert(error_);
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

// Returns the error of `expr` (a Result or Status) from the enclosing function.
#define OFFSYNC_TRY(expr)                                \
  do {                                                   \
    if (auto offsync_status_ = (expr); !offsync_status_) \
      return std::move(offsync_status_).error();         \
  } while (false)

#define OFFSYNC_CONCAT_2(a, b) a##b
#define OFFSYNC_CONCAT(a, b) OFFSYNC_CONCAT_2(a, b)
#define OFFSYNC_ASSIGN_IMPL(tmp, var, expr) \
  auto tmp = (expr);                        \
  if (!tmp) return std::move(tmp).error();  \
  var = std::move(tmp).value()

// OFFSYNC_ASSIGN(auto x, f()): x is the value of f(), or its error is returned.
#define OFFSYNC_ASSIGN(var, expr) \
  OFFSYNC_ASSIGN_IMPL(OFFSYNC_CONCAT(offsync_result_, __LINE__), var, expr)

}  // namespace offsync
