#include "cli/net/tls_error.h"

#include <string_view>

namespace offsync::cli {
namespace {

// X509_V_ERR_… of openssl/x509_vfy.h, which is curl's business.
constexpr long kNotYetValid = 9, kExpired = 10;

constexpr const char* kTrustIt =
    "if it is yours, name its CA: --cacert FILE, ca_file or OFFSYNC_CA_FILE";
constexpr const char* kShowOne =
    "show one: --cert FILE --key FILE, cert_file and key_file, or OFFSYNC_CERT_FILE and "
    "OFFSYNC_KEY_FILE";

const char* hint_about(const std::string& why, long verified) {
  if (verified == kExpired) return "it is to be renewed there; or is this machine's clock ahead?";
  if (verified == kNotYetValid) return "is this machine's clock behind?";
  // curl compares the names itself, and has no number for it.
  if (why.find("match") != std::string::npos) {
    return "use a name in the URL that the certificate is for, or have one made for this name";
  }
  return kTrustIt;
}

// An alert of the other side about our certificate, in OpenSSL's words; what they mean.
struct Alert {
  std::string_view words;
  const char* reason;
  const char* hint;
};
constexpr const char* kAnotherOne = "have one made by a CA that the proxy knows (--tls-client-ca)";
constexpr Alert kAlerts[] = {
    {"alert certificate required", "the proxy wants a certificate of this client", kShowOne},
    // So says TLS 1.2, and also where no cipher suits both.
    {"alert handshake failure", "the proxy refuses the handshake; it may want a certificate",
     kShowOne},
    {"alert unknown ca", "the proxy does not know the CA of this client's certificate",
     kAnotherOne},
    {"alert certificate expired", "this client's certificate has expired", kAnotherOne},
    {"alert certificate revoked", "this client's certificate was revoked", kAnotherOne},
    {"alert bad certificate", "the proxy does not take this client's certificate", kAnotherOne},
    {"alert unsupported certificate", "the proxy does not take this client's certificate",
     kAnotherOne},
    {"alert certificate unknown", "the proxy does not take this client's certificate", kAnotherOne},
    {"alert decrypt error", "the proxy does not take this client's certificate", kAnotherOne},
    {"alert access denied", "the proxy does not let this client in", kAnotherOne},
};

}  // namespace

std::optional<Error> error_of_tls(CURLcode code, const std::string& what, const std::string& why,
                                  long verified) {
  const auto failed = [&](Errc kind, const char* name, const std::string& reason,
                          const char* hint) {
    return make_error(kind, name, what + " failed: " + reason, hint);
  };
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return failed(Errc::unreachable, "tls_certificate", why, hint_about(why, verified));
    case CURLE_SSL_CACERT_BADFILE:
      return failed(Errc::config, "tls_files", why, "check --cacert, ca_file or OFFSYNC_CA_FILE");
    case CURLE_SSL_CERTPROBLEM:
      return failed(Errc::config, "tls_files", why,
                    "check --cert and --key: PEM files, a key without a passphrase, and the key of "
                    "that certificate");
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      for (const Alert& alert : kAlerts) {
        if (why.find(alert.words) == std::string::npos) continue;
        return failed(Errc::unreachable, "tls_client_certificate", alert.reason, alert.hint);
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace offsync::cli
