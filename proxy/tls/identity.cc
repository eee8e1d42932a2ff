#include "proxy/tls/identity.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <utility>
#include <vector>

#include "base/descriptor.h"

namespace offsync::proxy {
namespace {

constexpr std::size_t kFileBytes = 1024 * 1024;
constexpr long kSessionSeconds = 300;  // a client's certificate is looked at anew after it

template <class T, void (*kFree)(T*)>
struct Freed {
  void operator()(T* object) const { kFree(object); }
};
void free_bio(BIO* bio) {
  BIO_free(bio);
}
using Bio = std::unique_ptr<BIO, Freed<BIO, free_bio>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;

// What OpenSSL found wrong first, in its words.
std::string openssl_says() {
  const char* reason = ERR_reason_error_string(ERR_get_error());
  ERR_clear_error();
  return reason == nullptr ? "OpenSSL does not say why" : reason;
}

Error bad_file(const char* setting, const std::string& file, const std::string& why,
               std::string hint = {}) {
  return make_error(Errc::config, setting, fmt::format("{} = \"{}\": {}", setting, file, why),
                    std::move(hint));
}

// A bad disk is nobody's setting; all else is.
Result<std::string> read_pem(const char* setting, const std::string& file) {
  auto text = read_small_file(file, kFileBytes);
  if (text) return text;
  if (text.error().kind == Errc::io) return std::move(text).error();
  return make_error(Errc::config, setting, fmt::format("{}: {}", setting, text.error().detail),
                    text.error().hint);
}

Result<Bio> open_pem(const char* setting, const std::string& file, const std::string& text) {
  Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (!bio) return bad_file(setting, file, "there is no memory to read it");
  return bio;
}

Result<std::vector<Certificate>> read_certificates(const char* setting, const std::string& file) {
  OFFSYNC_ASSIGN(const std::string text, read_pem(setting, file));
  OFFSYNC_ASSIGN(const Bio bio, open_pem(setting, file, text));
  std::vector<Certificate> all;
  ERR_clear_error();
  while (X509* one = PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr)) {
    all.emplace_back(one);
  }
  // That is how it says that the file is at its end.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end) {
    return bad_file(
        setting, file,
        fmt::format("certificate {} in it is damaged: {}", all.size() + 1, openssl_says()),
        "put the file there anew");
  }
  ERR_clear_error();
  if (all.empty()) {
    return bad_file(setting, file, "there is no certificate in it",
                    "it is a PEM file: -----BEGIN CERTIFICATE-----");
  }
  return all;
}

// Asked for a passphrase, which we have none of: nobody is at the terminal of a daemon.
int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

std::int64_t unix_seconds(const ASN1_TIME* time) {
  tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return ::timegm(&parts);
}

int choose_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void* /*user*/) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1\x08http/1.0";
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, size, kOurs, sizeof kOurs - 1, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

SSL_CTX* new_context() {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr) return nullptr;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // A peer that just hangs up has ended; that a request is whole its own length tells.
  SSL_CTX_set_options(
      context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  // Or one read would go on for as long as the peer sends records without data.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets are enough
  SSL_CTX_set_timeout(context, kSessionSeconds);
  static constexpr unsigned char kName[] = "offsync";
  SSL_CTX_set_session_id_context(context, kName, sizeof kName - 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  return context;
}

}  // namespace

void TlsIdentity::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

Status TlsIdentity::take_certificates(const std::string& file) {
  OFFSYNC_ASSIGN(auto all, read_certificates("tls_cert", file));
  if (SSL_CTX_use_certificate(context_.get(), all.front().get()) != 1) {
    return bad_file("tls_cert", file, "its certificate cannot be used: " + openssl_says());
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    not_before_ = std::max(not_before_, unix_seconds(X509_get0_notBefore(all[i].get())));
    not_after_ = std::min(not_after_, unix_seconds(X509_get0_notAfter(all[i].get())));
    if (i > 0 && SSL_CTX_add1_chain_cert(context_.get(), all[i].get()) != 1) {
      return bad_file(
          "tls_cert", file,
          fmt::format("certificate {} in it cannot be used: {}", i + 1, openssl_says()));
    }
  }
  return {};
}

Status TlsIdentity::take_key(const TlsFiles& files) {
  const std::string& file = files.key;
  OFFSYNC_ASSIGN(std::string text, read_pem("tls_key", file));
  OFFSYNC_ASSIGN(const Bio bio, open_pem("tls_key", file, text));
  bool asked = false;
  ERR_clear_error();
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, &asked));
  OPENSSL_cleanse(text.data(), text.size());
  ERR_clear_error();
  if (asked) {
    return bad_file("tls_key", file, "the key has a passphrase, which nobody is there to give",
                    "take it off: openssl pkey -in KEY -out NEW-KEY");
  }
  if (!key) {
    return bad_file("tls_key", file, "there is no private key in it",
                    "it is a PEM file: -----BEGIN PRIVATE KEY-----");
  }
  if (X509_check_private_key(SSL_CTX_get0_certificate(context_.get()), key.get()) != 1) {
    ERR_clear_error();
    return bad_file("tls_key", file,
                    fmt::format("it is not the key of the certificate in {}", files.cert),
                    "in that file the proxy's own certificate comes first");
  }
  if (SSL_CTX_use_PrivateKey(context_.get(), key.get()) != 1) {
    return bad_file("tls_key", file, "the key cannot be used: " + openssl_says());
  }
  struct stat info {};
  key_is_exposed_ = ::stat(file.c_str(), &info) == 0 && (info.st_mode & S_IROTH) != 0;
  return {};
}

Status TlsIdentity::take_client_ca(const std::string& file) {
  OFFSYNC_ASSIGN(auto all, read_certificates("tls_client_ca", file));
  X509_STORE* store = SSL_CTX_get_cert_store(context_.get());
  for (const Certificate& one : all) {
    if (X509_STORE_add_cert(store, one.get()) != 1 ||
        SSL_CTX_add_client_CA(context_.get(), one.get()) != 1) {
      return bad_file("tls_client_ca", file, "it cannot be used: " + openssl_says());
    }
  }
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

Result<std::shared_ptr<const TlsIdentity>> TlsIdentity::load(const TlsFiles& files) {
  std::shared_ptr<TlsIdentity> made(new TlsIdentity);
  made->context_.reset(new_context());
  if (!made->context_) {
    return make_error(Errc::internal, "tls", "OpenSSL cannot start: " + openssl_says());
  }
  OFFSYNC_TRY(made->take_certificates(files.cert));
  OFFSYNC_TRY(made->take_key(files));
  if (!files.client_ca.empty()) OFFSYNC_TRY(made->take_client_ca(files.client_ca));
  return std::shared_ptr<const TlsIdentity>(std::move(made));
}

}  // namespace offsync::proxy
