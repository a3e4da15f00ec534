// The real Apache Kafka broker that tests run against, through scripts/kafka.
//
// FRESHET_KAFKA_BOOTSTRAP names a broker that runs already; FRESHET_KAFKA_DIR a folder whose broker
// is used, and started where it is not running (ctest's fixture sets it). Without either, the
// process starts a broker of its own and stops it at its end.
#pragma once

#include <string>

#include "tests/support/temp_dir.h"

namespace freshet::test {

// "127.0.0.1:PORT". The first call may start the broker, which takes seconds; a failure to start it
// is a failed CHECK with the script's words on stderr.
const std::string& kafka_bootstrap();

// A name that no other test, process or run has: "<prefix>-<16 hex digits>".
std::string unique_name(const std::string& prefix);

// A broker for one test or process alone, which may be taken down and brought back. It ends with
// the process even where that is killed.
class OwnKafkaBroker {
 public:
  OwnKafkaBroker();  // starts it
  ~OwnKafkaBroker();
  OwnKafkaBroker(const OwnKafkaBroker&) = delete;
  OwnKafkaBroker& operator=(const OwnKafkaBroker&) = delete;

  void stop();
  void kill();    // at once, as a power failure does; a frozen one, too
  void freeze();  // it keeps its connections and answers nothing more
  void thaw();    // a frozen one goes on
  void start();   // at the same address, with what it held

  const std::string& bootstrap() const { return bootstrap_; }

 private:
  void signal(int number);

  TempDir dir_;
  std::string bootstrap_;
};

}  // namespace freshet::test
