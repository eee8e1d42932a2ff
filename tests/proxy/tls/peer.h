// The other end of a TLS channel: OpenSSL's client on a socket of a pair, in the same thread.
#pragma once

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include "proxy/tls/channel.h"
#include "proxy/tls/identity.h"
#include "support/temp_dir.h"

namespace offsync::proxy::test {

// A certificate that vouches for itself, `copies` times in its file, and its key.
inline std::shared_ptr<const TlsIdentity> some_identity(int copies = 1) {
  const offsync::test::TempDir folder;
  const TlsFiles files{folder.file("cert"), folder.file("key"), ""};
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  X509* cert = X509_new();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), 0);
  X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(cert, X509_get_subject_name(cert));
  X509_set_pubkey(cert, key);
  X509_sign(cert, key, EVP_sha256());
  std::FILE* file = std::fopen(files.cert.c_str(), "w");
  for (int i = 0; i < copies; ++i) PEM_write_X509(file, cert);
  std::fclose(file);
  file = std::fopen(files.key.c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  X509_free(cert);
  EVP_PKEY_free(key);
  auto loaded = TlsIdentity::load(files);
  if (!loaded) throw std::runtime_error(loaded.error().message());
  return std::move(loaded).value();
}

class Peer {
 public:
  // `room`: of the channel's socket to send, in bytes; 0: the usual.
  explicit Peer(const TlsIdentity& identity, int room = 0, int highest = TLS1_3_VERSION) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
      throw std::runtime_error("no pair of sockets");
    }
    fd_ = ends[1];
    if (room > 0) ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    channel = tls_channel(ends[0], identity);
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(context_, highest);
    ssl = SSL_new(context_);
    SSL_set_fd(ssl, fd_);
    SSL_set_connect_state(ssl);
  }
  ~Peer() {
    SSL_free(ssl);
    SSL_CTX_free(context_);
    ::close(fd_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  int fd() const { return fd_; }
  // One step of the client's handshake; true once it is done.
  bool shake() const { return SSL_do_handshake(ssl) == 1; }
  // Both sides' handshakes to their end.
  void open() {
    for (int i = 0; i < 20 && !(shake() && channel->open()); ++i) (void)read();
    if (!channel->open()) throw std::runtime_error("no handshake: " + channel->trouble());
  }
  void send(std::string_view bytes) const {
    if (SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size())) <= 0) {
      throw std::runtime_error("the client cannot write");
    }
  }
  // What the client can read now.
  std::string receive() {
    std::string out;
    char bytes[16384];
    for (;;) {
      const int n = SSL_read(ssl, bytes, sizeof bytes);
      if (n <= 0) {
        ended = SSL_get_error(ssl, n);
        return out;
      }
      out.append(bytes, static_cast<std::size_t>(n));
    }
  }
  // One read of the channel into `got`.
  std::ptrdiff_t read() {
    std::string bytes(Channel::kReadRoom, '\0');
    const auto n = channel->read(bytes.data(), bytes.size());
    if (n > 0) got.append(bytes, 0, static_cast<std::size_t>(n));
    return n;
  }
  // Bytes that the channel's socket has, unread.
  int waiting() const {
    int bytes = 0;
    ::ioctl(channel->fd(), FIONREAD, &bytes);
    return bytes;
  }

  std::unique_ptr<Channel> channel;
  SSL* ssl;
  std::string got;
  int ended = 0;  // why receive() stopped

 private:
  int fd_;
  SSL_CTX* context_;
};

}  // namespace offsync::proxy::test
