// Who the proxy is to those who speak TLS with it, and whom it lets in: a certificate, its key, and
// the CA of the clients.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "proxy/tls/options.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace offsync::proxy {

// Immutable, thread-safe. Connections keep what they need of it.
class TlsIdentity {
 public:
  // All files are read, and nothing else is touched. Errors: config `tls_cert`, `tls_key`,
  // `tls_client_ca` for a file that is not there or cannot be read, has no such thing in it, a key
  // with a passphrase or of another certificate; io where the disk fails. They never tell what is
  // in a key's file.
  static Result<std::shared_ptr<const TlsIdentity>> load(const TlsFiles& files);

  // Since when, and until when, all certificates of the file are valid: seconds since 1970.
  std::int64_t not_before() const { return not_before_; }
  std::int64_t not_after() const { return not_after_; }
  // Whether the key's file may be read by everybody on the machine.
  bool key_is_exposed() const { return key_is_exposed_; }

  ssl_ctx_st* context() const { return context_.get(); }

 private:
  TlsIdentity() = default;
  Status take_certificates(const std::string& file);
  Status take_key(const TlsFiles& files);
  Status take_client_ca(const std::string& file);

  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  std::unique_ptr<ssl_ctx_st, Free> context_;
  std::int64_t not_before_ = INT64_MIN, not_after_ = INT64_MAX;
  bool key_is_exposed_ = false;
};

}  // namespace offsync::proxy
