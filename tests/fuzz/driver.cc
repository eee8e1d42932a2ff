// Runs every input of every target's corpus once: what the fuzzers found stays fixed, with any
// compiler. usage: test_fuzz CORPUS (the folder that has a folder for each target)
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/check.h"

namespace fs = std::filesystem;
using namespace offsync;

namespace {

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// How many inputs there were.
int run_corpus(const fuzz::Target& target, const fs::path& corpus) {
  int inputs = 0;
  for (const auto& entry : fs::directory_iterator(corpus / target.name)) {
    // Said before it runs: where it crashes, this is the last line.
    std::printf("%s\n", entry.path().c_str());
    std::fflush(stdout);
    target.run(read(entry.path()));
    ++inputs;
  }
  return inputs;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: test_fuzz CORPUS\n");
    return 2;
  }
  for (const fuzz::Target& target : fuzz::targets()) {
    std::error_code error;
    if (!fs::is_directory(fs::path(argv[1]) / target.name, error) ||
        run_corpus(target, argv[1]) == 0) {
      std::fprintf(stderr, "test_fuzz: %s/%s has no input\n", argv[1],
                   std::string(target.name).c_str());
      return 1;
    }
  }
  return 0;
}
