// TLS channels against OpenSSL's client: what waits for what, and what the peer can tell.
#include "proxy/tls/channel.h"

#include <openssl/err.h>
#include <sys/epoll.h>

#include <algorithm>
#include <string>

#include "proxy/hub/stream.h"
#include "proxy/tls/peer.h"
#include "support/catch.h"

namespace offsync::proxy {
namespace {

using test::Peer;
using test::some_identity;

constexpr auto kIn = static_cast<std::uint32_t>(EPOLLIN);
constexpr auto kOut = static_cast<std::uint32_t>(EPOLLOUT);

std::string numbered(std::size_t bytes) {
  std::string out;
  for (std::size_t i = 0; out.size() < bytes; ++i) out += std::to_string(i) + ' ';
  out.resize(bytes);
  return out;
}

}  // namespace

TEST_CASE("tls channel: a read takes a whole record, and no more") {
  const auto identity = some_identity();
  Peer peer(*identity);
  CHECK_FALSE(peer.channel->open());
  peer.open();
  const auto text = numbered(16384 + 5000 + 1);
  peer.send(text.substr(0, 16384));
  peer.send(text.substr(16384, 5000));
  peer.send(text.substr(21384));
  for (const std::ptrdiff_t size : {16384, 5000, 1}) CHECK(peer.read() == size);
  CHECK(peer.got == text);
  CHECK(peer.read() == Channel::kNone);
  CHECK(peer.channel->wants(true, false) == kIn);
  CHECK(peer.channel->wants(true, true) == (kIn | kOut));
  CHECK(peer.channel->wants(false, false) == 0);
}

TEST_CASE("tls channel: a write waits for bytes, as long as there is no handshake") {
  const auto identity = some_identity();
  Peer peer(*identity);
  peer.shake();  // or nobody knows yet that it is TLS
  CHECK(peer.channel->read(std::string(Channel::kReadRoom, ' ').data(), Channel::kReadRoom) ==
        Channel::kNone);
  CHECK(peer.channel->write({"hello"}) == Channel::kNone);
  CHECK(peer.channel->wants(false, true) == kIn);
  CHECK(peer.channel->wants(false, false) == 0);
  CHECK(peer.channel->begun() == 5);
  peer.shake();
  CHECK(peer.channel->write({"hel", "lo", "!"}) == 6);
  CHECK(peer.channel->begun() == 0);
  CHECK(peer.channel->wants(false, true) == kOut);
  CHECK(peer.receive() == "hello!");
}

TEST_CASE("tls channel: a read waits for room, where the handshake has none") {
  const auto identity = some_identity(60);
  Peer peer(*identity, 1);
  peer.shake();
  CHECK(peer.read() == Channel::kNone);
  CHECK(peer.channel->wants(true, false) == kOut);
  CHECK_FALSE(peer.channel->open());
  for (int i = 0; i < 100 && !peer.channel->open(); ++i) {
    peer.shake();
    CHECK(peer.read() == Channel::kNone);
  }
  REQUIRE(peer.channel->open());
  CHECK(peer.channel->wants(true, false) == kIn);
  peer.send("x");
  CHECK(peer.read() == 1);
}

TEST_CASE("tls channel: what a write has begun with comes first in the next one") {
  const auto identity = some_identity();
  Peer peer(*identity, 4096);
  peer.open();
  const auto text = numbered(300'000);
  std::string got = peer.receive();
  std::size_t taken = 0;
  bool blocked = false;
  while (taken < text.size()) {
    // From elsewhere each time, and cut otherwise.
    const std::string rest = text.substr(taken);
    const std::size_t cut = rest.size() / 3;
    const auto n = peer.channel->write(
        {std::string_view(rest).substr(0, cut), std::string_view(rest).substr(cut)});
    REQUIRE(n >= 0);
    taken += static_cast<std::size_t>(n);
    CHECK((taken == text.size()) == (peer.channel->begun() == 0));
    blocked = blocked || peer.channel->begun() > 0;
    got += peer.receive();
  }
  got += peer.receive();
  CHECK(blocked);
  CHECK(got == text);
}

TEST_CASE("tls stream: who was cut short may go on with other bytes") {
  const auto identity = some_identity();
  Peer peer(*identity, 4096);
  peer.open();
  auto* channel = peer.channel.get();
  Stream stream(std::move(peer.channel), "s");
  const auto text = numbered(100'000);
  std::string wanted, got;
  for (int round = 0; round < 200; ++round) {
    // Never what was offered before.
    const auto piece = "[" + std::to_string(round) + "]" + text.substr(0, 7000);
    const auto n = stream.write({piece, "\n"});
    REQUIRE(n >= 0);
    wanted += (piece + "\n").substr(0, static_cast<std::size_t>(n));
    if (round % 3 == 0) got += peer.receive();
  }
  CHECK(stream.write({text}) < static_cast<std::ptrdiff_t>(text.size()));
  CHECK_FALSE(stream.end());  // there is no room for it
  for (int i = 0; i < 1000 && !stream.end(); ++i) got += peer.receive();
  got += peer.receive();
  CHECK(peer.ended == SSL_ERROR_ZERO_RETURN);
  CHECK(got.substr(0, wanted.size()) == wanted);
  CHECK(channel->begun() == 0);
}

TEST_CASE("tls channel: an end that is meant can be told from one that is not") {
  const auto identity = some_identity();
  for (const bool meant : {true, false}) {
    Peer peer(*identity);
    peer.open();
    REQUIRE(peer.channel->write({"hello"}) == 5);
    if (meant) CHECK(peer.channel->notify_close());
    peer.channel.reset();
    CHECK(peer.receive() == "hello");
    CHECK(peer.ended == (meant ? SSL_ERROR_ZERO_RETURN : SSL_ERROR_SSL));
  }
  Peer peer(*identity);
  peer.open();
  SSL_shutdown(peer.ssl);
  CHECK(peer.read() == Channel::kEnded);
  // A client that only hangs up has ended, too.
  Peer other(*identity);
  other.open();
  ::shutdown(other.fd(), SHUT_WR);
  CHECK(other.read() == Channel::kEnded);
  CHECK(other.channel->write({"still there"}) == 11);
}

TEST_CASE("tls channel: one read does not go on for as long as somebody sends nothing") {
  const auto identity = some_identity();
  Peer peer(*identity);
  peer.open();
  for (int i = 0; i < 100; ++i) {
    REQUIRE(SSL_key_update(peer.ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
    REQUIRE(SSL_do_handshake(peer.ssl) == 1);
  }
  peer.send("x");
  CHECK(peer.read() == Channel::kNone);
  CHECK(peer.waiting() > 0);
  CHECK(peer.channel->open());
  int reads = 0;
  while (peer.got.empty() && reads < 1000) {
    REQUIRE(peer.read() >= 0);
    ++reads;
  }
  CHECK(peer.got == "x");
}

TEST_CASE("tls channel: no renegotiation") {
  const auto identity = some_identity();
  Peer peer(*identity, 0, TLS1_2_VERSION);
  peer.open();
  REQUIRE(SSL_renegotiate(peer.ssl) == 1);
  (void)SSL_do_handshake(peer.ssl);
  CHECK(peer.read() == Channel::kNone);
  ERR_clear_error();
  CHECK(SSL_do_handshake(peer.ssl) != 1);
  CHECK(ERR_GET_REASON(ERR_peek_error()) == SSL_R_NO_RENEGOTIATION);
  ERR_clear_error();
}

TEST_CASE("tls channel: who speaks without TLS, and who speaks nothing") {
  const auto identity = some_identity();
  Peer clear(*identity);
  REQUIRE(::write(clear.fd(), "GET / HTTP/1.1\r\n", 16) == 16);
  CHECK(clear.read() == 16);
  CHECK(clear.channel->in_clear());
  CHECK(clear.channel->open());
  CHECK(clear.got == "GET / HTTP/1.1\r\n");
  CHECK(clear.channel->write({"HTTP/1.1 ", "400\r\n"}) == 14);
  CHECK(clear.channel->end_writing());
  char bytes[64];
  CHECK(::read(clear.fd(), bytes, sizeof bytes) == 14);
  CHECK(::read(clear.fd(), bytes, sizeof bytes) == 0);

  Peer garbled(*identity);
  REQUIRE(::write(garbled.fd(), "\x16\x03\x01\x00\x05hello", 10) == 10);
  CHECK(garbled.read() == Channel::kToldOff);
  CHECK_FALSE(garbled.channel->in_clear());
  CHECK_FALSE(garbled.channel->trouble().empty());
  REQUIRE(::write(garbled.fd(), "more", 4) == 4);
  CHECK(garbled.read() == 4);  // is nothing to anybody
  CHECK(garbled.channel->write({"x"}) == Channel::kFailed);
  CHECK(garbled.channel->end_writing());

  // Behind its handshake a record that does not decrypt is a broken connection.
  Peer broken(*identity);
  broken.open();
  REQUIRE(::write(broken.fd(), "\x17\x03\x03\x00\x20", 5) == 5);
  REQUIRE(::write(broken.fd(), std::string(32, 'x').data(), 32) == 32);
  CHECK(broken.read() == Channel::kFailed);
  CHECK(broken.channel->open());
  CHECK(broken.read() == Channel::kFailed);
  CHECK(broken.channel->write({"x"}) == Channel::kFailed);
}

}  // namespace offsync::proxy
