// CurlTransport against a server that misbehaves on purpose.
#include "cli/net/curl_transport.h"

#include "cli/net/loopback.h"
#include "collector.h"
#include "wire/compress.h"

using namespace offsync;
using cli::CurlTransport;
using namespace offsync::test;

TEST_CASE("a plain answer comes whole, with lower-case header names") {
  ScriptServer server(
      {answering("HTTP/1.1 201 Created\r\nOffsync-Epoch:  e1 \r\nContent-Length: 5"
                 "\r\n\r\nhello")});
  Collector collector;
  exchange(server.origin(), get("/x"), collector);
  REQUIRE(collector.result->ok());
  REQUIRE(collector.head->status == 201);
  REQUIRE(collector.head->header("offsync-epoch") == "e1");
  REQUIRE(collector.head->header("none").empty());
  REQUIRE(collector.body == "hello");
}

TEST_CASE("a POST sends its body and headers as they are, without Expect") {
  std::string seen;
  {
    ScriptServer server({[&](Peer& peer) {
      seen = peer.read_request();
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }});
    HttpRequest request = get("/v1/spaces/s/events?a=b");
    request.method = "POST";
    request.headers = {{"Content-Type", "application/x-ndjson"}, {"Authorization", "Bearer t"}};
    request.body = std::string(2'000'000, 'x');
    Collector collector;
    exchange(server.origin(), request, collector);
    REQUIRE(collector.result->ok());
  }
  REQUIRE(seen.starts_with("POST /v1/spaces/s/events?a=b HTTP/1.1\r\n"));
  REQUIRE(seen.find("\r\nContent-Type: application/x-ndjson\r\n") != std::string::npos);
  REQUIRE(seen.find("\r\nAuthorization: Bearer t\r\n") != std::string::npos);
  REQUIRE(seen.find("\r\nUser-Agent: test/1\r\n") != std::string::npos);
  REQUIRE(seen.find("Expect") == std::string::npos);
  REQUIRE(seen.ends_with(std::string(2'000'000, 'x')));
}

TEST_CASE("the path is sent as it is, dots included") {
  std::string seen;
  {
    ScriptServer server({[&](Peer& peer) {
      seen = peer.read_request();
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }});
    Collector collector;
    exchange(server.origin(), get("/v1/state/a/../b"), collector);
  }
  REQUIRE(seen.starts_with("GET /v1/state/a/../b HTTP/1.1\r\n"));
}

TEST_CASE("one connection serves one exchange after the other") {
  // The server accepts one connection only: a second one would hang until the time-out.
  ScriptServer server({[](Peer& peer) {
    for (int i = 0; i < 3; ++i) {
      peer.read_request();
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(i));
    }
  }});
  const auto transport = transport_to(server.origin());
  for (int i = 0; i < 3; ++i) {
    Collector collector;
    transport->start(get("/x", 2000), collector);
    run(*transport, collector);
    REQUIRE(collector.result->ok());
    REQUIRE(collector.body == std::to_string(i));
  }
}

TEST_CASE("gzip and zstd bodies come out decoded") {
  const std::string text(100'000, 'z');
  for (const auto& [coding, name] :
       {std::pair{Coding::gzip, "gzip"}, std::pair{Coding::zstd, "zstd"}}) {
    const std::string packed = compress(text, coding);
    std::string seen;
    Collector collector;
    {
      ScriptServer server({[&, n = std::string(name)](Peer& peer) {
        seen = peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nContent-Encoding: " + n +
                   "\r\nContent-Length: " + std::to_string(packed.size()) + "\r\n\r\n" + packed);
      }});
      exchange(server.origin(), get("/x"), collector);
    }
    REQUIRE(seen.find("\r\nAccept-Encoding: ") != std::string::npos);
    REQUIRE(collector.result->ok());
    REQUIRE(collector.body == text);
  }
}

TEST_CASE("a stream asks for no coding") {
  std::string seen;
  {
    ScriptServer server({[&](Peer& peer) {
      seen = peer.read_request();
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }});
    HttpRequest request = get("/x");
    request.headers = {{"Accept", "text/event-stream"}};
    Collector collector;
    exchange(server.origin(), request, collector);
  }
  REQUIRE(seen.find("Accept-Encoding") == std::string::npos);
}

TEST_CASE("a body shorter than announced is an error, never an end") {
  const Error error = failure_of("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
  REQUIRE(error.kind == Errc::unreachable);
  REQUIRE(error.code == "cut");
  REQUIRE(error.detail.find("GET http://127.0.0.1:") == 0);
  REQUIRE_FALSE(error.hint.empty());
}

TEST_CASE("a chunked body without its last chunk is an error") {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  REQUIRE(failure_of(head + "5\r\nhello\r\n").code == "cut");
  REQUIRE(failure_of(head + "5\r\nhel").code == "cut");
  REQUIRE(failure_of(head + "zz\r\nhello\r\n0\r\n\r\n").kind == Errc::unreachable);
}

TEST_CASE("no answer at all, a reset and half a header are cut connections") {
  REQUIRE(failure_of("").kind == Errc::unreachable);
  REQUIRE(failure_of("HTTP/1.1 200 OK\r\nContent-Le").kind == Errc::unreachable);
  ScriptServer server({[](Peer& peer) {
    peer.read_request();
    peer.reset_on_close();
  }});
  Collector collector;
  exchange(server.origin(), get("/x"), collector);
  REQUIRE(collector.result->error().kind == Errc::unreachable);
}

TEST_CASE("what is not HTTP, or not decodable, is a protocol error") {
  REQUIRE(failure_of("SSH-2.0-OpenSSH_9.2\r\n").kind == Errc::protocol);
  REQUIRE(failure_of("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello")
              .kind == Errc::protocol);
}

TEST_CASE("a body that cannot be taken is a protocol error, and no more of it is read") {
  const auto failure = [](const std::string& coding, const std::string& body, std::size_t limit) {
    ScriptServer server(
        {answering("HTTP/1.1 200 OK\r\nContent-Encoding: " + coding +
                   "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body)});
    HttpRequest request = get("/x");
    request.max_bytes = limit;
    Collector collector;
    exchange(server.origin(), request, collector);
    REQUIRE_FALSE(collector.result->ok());
    CHECK(collector.result->error().kind == Errc::protocol);
    CHECK(collector.body.size() <= limit);
    return collector.result->error().code;
  };
  const std::string large(10'000'000, 'x');
  for (const auto coding : {Coding::gzip, Coding::zstd}) {
    const std::string name = coding == Coding::gzip ? "gzip" : "zstd";
    CHECK(failure(name, compress(large, coding), 1'000'000) == "too_large");
    std::string cut = compress(large, coding);
    cut.resize(cut.size() - 1);
    CHECK(failure(name, cut, SIZE_MAX) == "bad_encoding");
  }
  CHECK(failure("identity", large, 1'000'000) == "too_large");
  CHECK(failure("br", "x", SIZE_MAX) == "bad_encoding");
  CHECK(failure("gzip, gzip", "x", SIZE_MAX) == "bad_encoding");
  std::string damaged = compress("hello", Coding::gzip);
  damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1);
  CHECK(failure("gzip", damaged, SIZE_MAX) == "bad_encoding");
}

TEST_CASE("a large body is handed on a piece at a time") {
  const std::string body(30'000'000, 'x');
  for (const bool packed : {false, true}) {
    const std::string sent = packed ? compress(body, Coding::zstd) : body;
    ScriptServer server({answering(
        std::string("HTTP/1.1 200 OK\r\n") + (packed ? "Content-Encoding: zstd\r\n" : "") +
        "Content-Length: " + std::to_string(sent.size()) + "\r\n\r\n" + sent)});
    Collector collector;
    const auto transport = transport_to(server.origin());
    transport->start(get("/x", 60'000), collector);
    std::size_t most = 0;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!collector.result && std::chrono::steady_clock::now() < end) {
      const std::size_t before = collector.body.size();
      transport->poll(100);
      most = std::max(most, collector.body.size() - before);
    }
    REQUIRE(collector.result);
    REQUIRE(collector.result->ok());
    CHECK(collector.body == body);
    CHECK(most <= 3'000'000);
  }
}

TEST_CASE("which URLs are of this machine") {
  for (const char* url : {"http://localhost/x", "http://LOCALHOST:80", "https://a.localhost:1/",
                          "http://localhost./", "http://127.0.0.1:8080/v1", "http://127.255.3.4/",
                          "http://[::1]:8080/x", "http://u:p@127.0.0.1/"}) {
    INFO(url);
    CHECK(cli::is_loopback(url));
  }
  for (const char* url :
       {"http://example.org/127.0.0.1", "http://128.0.0.1/", "http://10.127.0.1/",
        "http://127.0.0.1.example.org/", "http://notlocalhost/", "http://localhost.example.org",
        "http://[::2]/", "http://127.0.0.1@h/", "nonsense"}) {
    INFO(url);
    CHECK_FALSE(cli::is_loopback(url));
  }
}

TEST_CASE("a redirect is an answer and is not followed") {
  // One connection: following would need a second request.
  ScriptServer server({answering(
      "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")});
  Collector collector;
  exchange(server.origin(), get("/x"), collector);
  REQUIRE(collector.result->ok());
  REQUIRE(collector.head->status == 302);
}

TEST_CASE("a refused connection is unreachable and says where") {
  std::string origin;
  { origin = ScriptServer({}).origin(); }
  Collector collector;
  exchange(origin, get("/v1/spaces/s?token=secret"), collector);
  const Error& error = collector.result->error();
  REQUIRE(error.kind == Errc::unreachable);
  REQUIRE(error.detail.find(origin + "/v1/spaces/s failed") != std::string::npos);
  REQUIRE(error.detail.find("secret") == std::string::npos);
}

TEST_CASE("a password in the URL is never printed") {
  std::string origin;
  { origin = ScriptServer({}).origin(); }
  Collector collector;
  exchange("http://anna:geheim@" + origin.substr(7), get("/x"), collector);
  REQUIRE(collector.result->error().message().find("geheim") == std::string::npos);
  REQUIRE(collector.result->error().message().find("anna") == std::string::npos);
}

TEST_CASE("the time-out is over the whole exchange") {
  ScriptServer server({[](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
    peer.wait_for_end();
  }});
  Collector collector;
  const auto start = std::chrono::steady_clock::now();
  exchange(server.origin(), get("/x", 2000), collector);
  REQUIRE(collector.result->error().code == "timeout");
  REQUIRE(collector.result->error().kind == Errc::unreachable);
  REQUIRE(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
  REQUIRE(collector.body == "hello");
}

TEST_CASE("after cancel nothing comes, from within a callback too") {
  ScriptServer server({answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
                       answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
  const auto transport = transport_to(server.origin());
  Collector first, second;
  Transport::Id id = 0;
  first.when_head = [&] {
    transport->cancel(id);
    transport->start(get("/y"), second);
  };
  id = transport->start(get("/x"), first);
  run(*transport, second);
  REQUIRE(second.body == "ok");
  REQUIRE(first.head);
  REQUIRE(first.body.empty());
  REQUIRE(first.dones == 0);
}

TEST_CASE("a new exchange may start from on_done") {
  ScriptServer server({[](Peer& peer) {
    for (int i = 0; i < 2; ++i) {
      peer.read_request();
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(i));
    }
  }});
  const auto transport = transport_to(server.origin());
  Collector first, second;
  first.when_done = [&] { transport->start(get("/y"), second); };
  transport->start(get("/x"), first);
  run(*transport, second);
  REQUIRE(second.body == "1");
}

TEST_CASE("an exception of a handler comes out of poll()") {
  ScriptServer server({answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")});
  const auto transport = transport_to(server.origin());
  Collector collector;
  collector.when_data = [] { throw std::runtime_error("full"); };
  transport->start(get("/x"), collector);
  REQUIRE_THROWS_WITH(
      [&] {
        for (int i = 0; i < 100; ++i) transport->poll(100);
      }(),
      "full");
}

TEST_CASE("poll without an exchange waits") {
  const auto transport = transport_to("http://127.0.0.1:1");
  const auto start = std::chrono::steady_clock::now();
  transport->poll(60);
  REQUIRE(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(50));
}

TEST_CASE("only http and https") {
  for (const char* origin : {"ftp://127.0.0.1", "file:///etc", "nonsense://x", "http://"}) {
    const auto made = CurlTransport::create(origin);
    REQUIRE_FALSE(made.ok());
    REQUIRE(made.error().kind == Errc::config);
  }
}
