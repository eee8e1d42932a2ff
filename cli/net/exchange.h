// One exchange of the CurlTransport: what curl's callbacks do, and what becomes of the body.
//
// Callbacks only keep what comes. It is unpacked and handed on outside of curl, piece by piece, and
// the other side is made to wait meanwhile: what it packed well must not fill our memory.
#pragma once

#include <curl/curl.h>

#include <exception>
#include <optional>
#include <string>

#include "wire/transport.h"
#include "wire/unpacker.h"

namespace offsync::cli {

struct Exchange {
  Transport::Id id = 0;
  HttpHandler* handler = nullptr;  // null: cancelled
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  HttpRequest request;
  HttpHead head;
  std::string url, what;
  char why[CURL_ERROR_SIZE] = "";
  std::optional<Unpacker> unpacker;  // from the head on
  std::optional<Error> unusable;     // what came cannot be taken: the exchange is given up
  std::optional<CURLcode> over;      // curl is done with it, and there may be something to unpack
  std::size_t head_bytes = 0;        // of all heads and trailers of the answer
  bool paused = false;
  bool got_body = false;
  bool head_done = false;
  bool attached = false;
  bool called = false;        // the handler was called in this round
  std::exception_ptr thrown;  // by the handler, to be rethrown outside of curl

  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  // Has curl call back into this.
  void hook();
  // Unpacks what came and hands it on, a round's worth of it. True: there is more.
  bool hand_on();
  // What its end is, once all that came is handed on.
  Status result();
};

}  // namespace offsync::cli
