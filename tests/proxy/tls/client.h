// A RawClient that speaks TLS, and looks at no certificate.
#pragma once

#include <openssl/ssl.h>
#include <sys/time.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "proxy/http_world.h"

namespace offsync::proxy::test {

class TlsClient final : public RawClient {
 public:
  explicit TlsClient(std::uint16_t port, int receive_buffer = 0)
      : RawClient(port, receive_buffer),
        context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
        ssl_(SSL_new(context_.get()), SSL_free) {
    const timeval patience{5, 0};
    ::setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    SSL_set_fd(ssl_.get(), fd());
    if (SSL_connect(ssl_.get()) != 1) throw std::runtime_error("no TLS");
  }

  bool send(std::string_view bytes) override {
    return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  bool receive(int /*ms*/ = 0) override {
    char bytes[16384];
    const int n = SSL_read(ssl_.get(), bytes, sizeof bytes);
    if (n > 0) {
      in.append(bytes, static_cast<std::size_t>(n));
      return true;
    }
    const int error = SSL_get_error(ssl_.get(), n);
    ended = error != SSL_ERROR_WANT_READ;
    clean = error == SSL_ERROR_ZERO_RETURN;
    return false;
  }

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

}  // namespace offsync::proxy::test
