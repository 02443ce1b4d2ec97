#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "domain/planning/chunks.h"
#include "domain/planning/plan_json.h"

// Whatever is taken for a plan is written as the same bytes again, and can be divided.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tritontube;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto plan = planning::PlanFromJson(text);
  if (!plan) return 0;
  TT_ASSERT(planning::PlanToJson(*plan) == text, "did not survive being stored");
  const std::vector<planning::Chunk> chunks = planning::PlanChunks(*plan);
  TT_ASSERT(chunks.size() != 1 && chunks.size() <= planning::kChunksMax, "so many chunks");
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const bool is_last = i + 1 == chunks.size();
    TT_ASSERT(chunks[i].first_frame == begin, "a gap");
    TT_ASSERT(is_last ? chunks[i].end_frame == 0 : chunks[i].end_frame > begin, "no chunk");
    TT_ASSERT((i == 0) == (chunks[i].first_segment == 0), "not its segment");
    begin = chunks[i].end_frame;
    if (i > 0 && !is_last) continue;
    const std::string part = planning::PlanToJson(planning::ChunkPlan(*plan, chunks[i]));
    TT_ASSERT(planning::PlanFromJson(part), "a part that is no plan");
  }
  return 0;
}
