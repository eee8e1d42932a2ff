#include "proxy/tls/channel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

#include "proxy/tls/socket_bio.h"

namespace offsync::proxy {
namespace {

// Of one record; no more is under way at a time.
constexpr std::size_t kRecordBytes = SSL3_RT_MAX_PLAIN_LENGTH;
static_assert(kRecordBytes <= Channel::kReadRoom);

// Bytes that lie in pieces, a record's worth at a time.
class Gather {
 public:
  explicit Gather(const std::vector<std::string_view>& pieces) : pieces_(pieces) {}

  // The next `size` bytes, or what is left; valid until the next call.
  std::string_view next(std::size_t size) {
    if (at_ < pieces_.size() && pieces_[at_].size() - done_ >= size) {
      const auto found = pieces_[at_].substr(done_, size);
      step(size);
      return found;
    }
    thread_local std::array<char, kRecordBytes> bytes;
    std::size_t got = 0;
    while (got < size && at_ < pieces_.size()) {
      const auto part = pieces_[at_].substr(done_, size - got);
      std::copy(part.begin(), part.end(), bytes.begin() + static_cast<std::ptrdiff_t>(got));
      got += part.size();
      step(part.size());
    }
    return {bytes.data(), got};
  }

 private:
  void step(std::size_t bytes) {
    done_ += bytes;
    if (done_ < pieces_[at_].size()) return;
    ++at_;
    done_ = 0;
  }

  const std::vector<std::string_view>& pieces_;
  std::size_t at_ = 0, done_ = 0;
};

class TlsChannel final : public Channel {
 public:
  // `ssl` speaks over `fd`; both are taken.
  TlsChannel(int fd, SSL* ssl) : raw_(plain_channel(fd)), ssl_(ssl, SSL_free) {}

  int fd() const override { return raw_->fd(); }
  bool open() const override { return mode_ == Mode::clear || shaken_; }
  bool in_clear() const override { return mode_ == Mode::clear; }
  std::uint32_t wants(bool to_read, bool to_write) const override;
  std::ptrdiff_t read(char* into, std::size_t size) override;
  std::ptrdiff_t write(const std::vector<std::string_view>& pieces) override;
  std::size_t begun() const override { return begun_; }
  bool notify_close() override;
  bool end_writing() override;
  void reset() override { raw_->reset(); }
  std::string trouble() const override { return trouble_; }

 private:
  enum class Mode {
    unknown,  // nothing came yet
    tls,
    clear,  // the peer speaks without it
    over,   // there was no handshake: what still comes is nothing to us
    failed,
  };

  std::ptrdiff_t recognise();
  std::ptrdiff_t no_success(int result, bool& other_way);

  const std::unique_ptr<Channel> raw_;
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  Mode mode_ = Mode::unknown;
  bool shaken_ = false;  // OpenSSL says no more after a failure, and is unsure within a KeyUpdate
  bool read_waits_for_room_ = false;
  bool write_waits_for_bytes_ = false;
  bool notified_ = false;
  std::size_t begun_ = 0;
  std::string trouble_;
};

std::uint32_t TlsChannel::wants(bool to_read, bool to_write) const {
  const bool in = (to_read && !read_waits_for_room_) || (to_write && write_waits_for_bytes_);
  const bool out = (to_read && read_waits_for_room_) || (to_write && !write_waits_for_bytes_);
  return raw_->wants(in, out);
}

// By its first byte: a handshake begins with 22, and a request with a capital letter. What is
// neither is OpenSSL's to refuse.
std::ptrdiff_t TlsChannel::recognise() {
  char first = 0;
  const auto n = ::recv(fd(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
  if (n == 0) return kEnded;
  if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? kNone : kFailed;
  mode_ = first >= 'A' && first <= 'Z' ? Mode::clear : Mode::tls;
  return n;
}

// What a call that did not succeed means. `other_way`: it waits for the opposite of what it does.
std::ptrdiff_t TlsChannel::no_success(int result, bool& other_way) {
  const bool reads = &other_way == &read_waits_for_room_;
  const int error = SSL_get_error(ssl_.get(), result);
  if (SSL_is_init_finished(ssl_.get()) == 1) shaken_ = true;
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    other_way = reads == (error == SSL_ERROR_WANT_WRITE);
    return kNone;
  }
  if (error == SSL_ERROR_ZERO_RETURN) return reads ? kEnded : kFailed;
  mode_ = Mode::failed;
  if (error != SSL_ERROR_SSL) return kFailed;
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  trouble_ = reason == nullptr ? "a failure without a reason" : reason;
  if (shaken_ || !reads) return kFailed;
  mode_ = Mode::over;
  return kToldOff;
}

std::ptrdiff_t TlsChannel::read(char* into, std::size_t size) {
  assert(size >= kReadRoom);
  if (mode_ == Mode::unknown) {
    if (const auto n = recognise(); n <= 0) return n;
  }
  if (mode_ == Mode::failed) return kFailed;
  if (mode_ != Mode::tls) return raw_->read(into, size);
  // One record: what comes behind it is still in the socket, where epoll sees it.
  ERR_clear_error();
  read_waits_for_room_ = false;
  std::size_t got = 0;
  const int result = SSL_read_ex(ssl_.get(), into, size, &got);
  if (result != 1) return no_success(result, read_waits_for_room_);
  shaken_ = true;
  return static_cast<std::ptrdiff_t>(got);
}

std::ptrdiff_t TlsChannel::write(const std::vector<std::string_view>& pieces) {
  if (mode_ == Mode::clear) return raw_->write(pieces);
  if (mode_ == Mode::failed || mode_ == Mode::over) return kFailed;
  Gather gather(pieces);
  std::size_t taken = 0;
  for (;;) {
    // OpenSSL wants a record that it has begun with to be given again, as it was.
    const auto record = gather.next(begun_ > 0 ? begun_ : kRecordBytes);
    if (record.empty()) return static_cast<std::ptrdiff_t>(taken);
    ERR_clear_error();
    write_waits_for_bytes_ = false;
    std::size_t written = 0;
    const int result = SSL_write_ex(ssl_.get(), record.data(), record.size(), &written);
    if (result != 1) {
      const auto n = no_success(result, write_waits_for_bytes_);
      if (n != kNone) return n;
      begun_ = record.size();
      return static_cast<std::ptrdiff_t>(taken);
    }
    shaken_ = true;
    begun_ = 0;
    taken += written;
  }
}

bool TlsChannel::notify_close() {
  if (mode_ != Mode::tls || notified_ || !open() || begun_ > 0) return true;
  ERR_clear_error();
  write_waits_for_bytes_ = false;
  const int result = SSL_shutdown(ssl_.get());
  if (result < 0 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_WRITE) return false;
  notified_ = true;
  return true;
}

bool TlsChannel::end_writing() {
  return notify_close() && raw_->end_writing();
}

}  // namespace

std::unique_ptr<Channel> tls_channel(int fd, const TlsIdentity& identity) {
  SSL* ssl = SSL_new(identity.context());
  BIO* bio = ssl == nullptr ? nullptr : socket_bio(fd);
  if (bio == nullptr) {
    SSL_free(ssl);
    ::close(fd);
    return nullptr;
  }
  SSL_set_bio(ssl, bio, bio);
  SSL_set_accept_state(ssl);
  return std::make_unique<TlsChannel>(fd, ssl);
}

std::unique_ptr<Channel> PortChannels::make(int fd) {
  const auto identity = current();
  return identity ? tls_channel(fd, *identity) : plain_channel(fd);
}

void PortChannels::use(std::shared_ptr<const TlsIdentity> identity) {
  const std::lock_guard lock(mutex_);
  identity_ = std::move(identity);
}

bool PortChannels::tls() const {
  return current() != nullptr;
}

std::shared_ptr<const TlsIdentity> PortChannels::current() const {
  const std::lock_guard lock(mutex_);
  return identity_;
}

}  // namespace offsync::proxy
