// CurlTransport: the Transport port over libcurl's multi interface; the only user of curl.
//
// Connections are kept and used again. Redirects are not followed, nothing but http and https is
// spoken, and the proxies that the environment names (http_proxy, https_proxy, no_proxy …) are
// honoured as by curl. gzip and zstd bodies come out decoded; a request that accepts
// text/event-stream asks for none of that, so that no byte of a stream waits in a decoder.
// Not thread-safe. Callbacks come from within poll(); they may call start() and cancel().
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/limits.h"
#include "base/result.h"
#include "wire/transport.h"

namespace offsync::cli {

struct CurlOptions {
  std::int64_t connect_timeout_ms = limits::kConnectTimeoutMs;
  // PEM files, used with https alone. A key may also be in the file of its certificate; it has no
  // passphrase.
  std::string ca_file;              // the certificates to trust; empty: the system's
  std::string cert_file, key_file;  // our own certificate, for a proxy that asks for one
  std::string user_agent;           // empty: none is sent
};

class CurlTransport final : public Transport {
 public:
  // `origin`: scheme, host and port ("http://127.0.0.1:8080"); a user and password in it are sent
  // and never printed. Errors: config `bad_url`, `tls_files` (one that is not there or cannot be
  // read, a key without a certificate); internal `curl`.
  static Result<std::unique_ptr<CurlTransport>> create(const std::string& origin,
                                                       CurlOptions options = {});
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  Id start(HttpRequest request, HttpHandler& handler) override;
  void cancel(Id id) override;
  void poll(std::int64_t wait_ms) override;

 private:
  struct Impl;
  explicit CurlTransport(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offsync::cli
