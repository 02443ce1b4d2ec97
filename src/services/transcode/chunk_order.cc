#include "services/transcode/chunk_order.h"

#include "domain/planning/plan_json.h"
#include "foundation/strict_json/json_fields.h"

namespace tritontube::transcode {

namespace {
constexpr int kFormat = 1;
}  // namespace

std::string Encode(const ChunkOrder& order) {
  return strict_json::Dump({{"format", kFormat},
                            {"source", order.source.text()},
                            {"source_bytes", order.source_bytes},
                            {"plan", planning::PlanToJson(order.plan)}});
}

Result<ChunkOrder> DecodeChunkOrder(std::string_view text) {
  strict_json::JsonFields fields(text, "the order of chunks", kFormat);
  ChunkOrder order{.source = strict_json::IdField<UploadId>(fields, "source"),
                   .source_bytes = fields.Integer<ByteCount>("source_bytes"),
                   .plan = {}};
  const std::string plan = fields.Text("plan");
  TT_RETURN_IF_ERROR(fields.Finish());
  TT_ASSIGN_OR_RETURN(order.plan, planning::PlanFromJson(plan));
  if (order.plan.video) return order;
  return Fail(ErrorCode::kCorrupt, "the order of chunks has no pictures");
}

}  // namespace tritontube::transcode
