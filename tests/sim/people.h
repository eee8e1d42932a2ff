// People: what users and operators do, and what befalls the machines.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/dice.h"
#include "sim/machine.h"
#include "sim/oracle.h"
#include "sim/server.h"
#include "sim/world.h"

namespace offsync::sim {

class People {
 public:
  People(World& world, Oracle& oracle, Server& server, Network& network,
         std::vector<std::unique_ptr<Machine>>& machines);

  // Spreads all that will happen over the fault phase.
  void plan();

 private:
  void act();
  EventDraft draft();
  void write(EventDraft& draft);
  std::string foreign_event();
  void import_somewhere(Machine& machine);
  void produce(const std::string& space);
  void forge();
  void post(const std::string& space, const std::string& line);
  void crash_proxy();
  void crash_client();
  void disk_error();
  void jump();
  template <class What>
  void some(std::int64_t times, What what);

  World& world_;
  Oracle& oracle_;
  Server& server_;
  Network& network_;
  std::vector<std::unique_ptr<Machine>>& machines_;
  Dice dice_;    // of what people do
  Dice chance_;  // of what befalls the machines
  std::vector<std::string> foreign_;
};

}  // namespace offsync::sim
