// The descriptor of a listening socket, and the connections that come to it.
#pragma once

#include <string>

namespace offsync::proxy {

class HttpListener {
 public:
  // Takes the descriptor, and makes it non-blocking.
  explicit HttpListener(int fd);
  ~HttpListener();
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  int fd() const { return fd_; }
  // Whether somebody can be accepted: accept() itself may say `no_room` where nobody waits.
  bool waiting() const;

  enum class Result { caller, none, no_room };  // no_room: of descriptors or memory
  struct Caller {
    Result result = Result::none;
    int fd = -1;          // non-blocking, sends without delay
    std::string address;  // "127.0.0.1:4711", "[::1]:4711"
  };
  Caller accept();

 private:
  int fd_;
};

}  // namespace offsync::proxy
