#include "simulation/held_bytes.h"

#include <span>
#include <utility>

namespace tritontube::simulation {

namespace {

struct Owner {
  Owner(std::string its_bytes, std::shared_ptr<ByteCount> its_count)
      : bytes(std::move(its_bytes)), count(std::move(its_count)) {
    *count += bytes.size();
  }
  Owner(const Owner&) = delete;
  Owner& operator=(const Owner&) = delete;
  ~Owner() { *count -= bytes.size(); }

  const std::string bytes;
  const std::shared_ptr<ByteCount> count;
};

}  // namespace

blob::Bytes HeldBytes::Count(std::string bytes) {
  const auto owner = std::make_shared<const Owner>(std::move(bytes), held_);
  if (*held_ > most_) {
    context_.trace.Violate(fmt::format("I10 {} holds {} bytes, more than {}", who_, *held_, most_));
  }
  return {owner, std::as_bytes(std::span(owner->bytes))};
}

}  // namespace tritontube::simulation
