// Uses each installed layer once: emits into a new replica and prints the entity.
#include <cstdio>
#include <string>

#include "base/ports.h"
#include "event/decoder.h"
#include "replica/replica.h"
#include "state/entity.h"
#include "wire/compress.h"

namespace {

int fail(const offsync::Error& error) {
  std::fprintf(stderr, "consumer: %s\n", error.message().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  offsync::SystemClock clock;
  offsync::SystemRandom random;
  auto replica = offsync::Replica::create(argv[1], {}, clock, random);
  if (!replica) return fail(replica.error());

  offsync::EventDraft draft;
  draft.type = "todo.created";
  draft.subject = "todo/1";
  draft.set["title"] = "\"Buy milk\"";
  auto emitted = replica->emit(draft);
  if (!emitted) return fail(emitted.error());

  offsync::Decoder decoder;
  auto event = decoder.decode(emitted->line);
  if (!event) return fail(event.error());
  const auto packed = offsync::compress((*event)->data, offsync::Coding::zstd);
  auto unpacked = offsync::decompress(packed, offsync::Coding::zstd, 1 << 20);
  if (!unpacked) return fail(unpacked.error());
  if (*unpacked != (*event)->data) return 1;

  auto entity = replica->entity("todo/1");
  if (!entity) return fail(entity.error());
  if (!entity->has_value()) return 1;
  std::puts(offsync::shown_line("todo/1", **entity).c_str());
  return 0;
}
