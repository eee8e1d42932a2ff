#include "proxy/tls/socket_bio.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <memory>

namespace offsync::proxy {
namespace {

bool for_now(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

struct State {
  int fd;
  bool ended;
};

State& state_of(BIO* bio) {
  return *static_cast<State*>(BIO_get_data(bio));
}

int read_bytes(BIO* bio, char* into, int size) {
  State& state = state_of(bio);
  BIO_clear_retry_flags(bio);
  const auto n = ::recv(state.fd, into, static_cast<std::size_t>(size), MSG_DONTWAIT);
  if (n == 0) state.ended = true;
  if (n < 0 && for_now(errno)) BIO_set_retry_read(bio);
  return static_cast<int>(n);
}

int write_bytes(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const auto n =
      ::send(state_of(bio).fd, bytes, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n < 0 && for_now(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(n);
}

long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return state_of(bio).ended ? 1 : 0;
  return 0;
}

int destroy(BIO* bio) {
  delete static_cast<State*>(BIO_get_data(bio));
  BIO_set_data(bio, nullptr);
  return 1;
}

BIO_METHOD* make_method() {
  BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "offsync socket");
  if (made == nullptr) return nullptr;
  BIO_meth_set_read(made, read_bytes);
  BIO_meth_set_write(made, write_bytes);
  BIO_meth_set_ctrl(made, control);
  BIO_meth_set_destroy(made, destroy);
  return made;
}

}  // namespace

BIO* socket_bio(int fd) {
  static const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> method(make_method(),
                                                                            BIO_meth_free);
  BIO* bio = method ? BIO_new(method.get()) : nullptr;
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, new State{fd, false});
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace offsync::proxy
