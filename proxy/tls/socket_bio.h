// A BIO over a socket that raises no signal where the peer is gone; OpenSSL's own does.
#pragma once

#include <openssl/bio.h>

namespace offsync::proxy {

// Over a non-blocking socket, which stays the caller's and must outlive it. Null: no memory.
BIO* socket_bio(int fd);

}  // namespace offsync::proxy
