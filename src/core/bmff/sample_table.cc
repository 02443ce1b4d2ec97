#include "core/bmff/sample_table.h"

#include <limits>

#include "core/bmff/box.h"

namespace tritontube::bmff {

namespace {

// A quarter of the range, so that adding durations to it cannot overflow.
constexpr std::uint64_t kTimeMax = std::numeric_limits<std::uint64_t>::max() / 4;

template <typename... Args>
std::unexpected<Error> Invalid(fmt::format_string<Args...> format, Args&&... args) {
  return Fail(ErrorCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

// The entries of a box that is: version and flags, a count, entries.
Result<RecordTable> ParseRecords(const Box& box, std::size_t record_bytes) {
  ByteReader reader(box.payload);
  reader.Skip(4);
  const std::uint64_t count = reader.U32();
  const auto bytes = reader.Take(count * record_bytes);
  if (!reader.ok()) {
    return Invalid("'{}' box has no room for its {} entries", ToString(box.type), count);
  }
  return RecordTable(bytes, record_bytes);
}

// Runs that each begin with a number of samples must be about all samples.
Result<void> CheckRuns(const RecordTable& runs, FourCc type, std::uint32_t sample_count) {
  std::uint64_t total = 0;
  for (std::uint32_t run = 0; run < runs.count(); ++run) {
    const std::uint32_t count = runs.U32(run);
    if (count == 0) return Invalid("'{}' box has an entry for no samples", ToString(type));
    total += count;
  }
  if (total == sample_count) return {};
  return Invalid("'{}' box is about {} samples, there are {}", ToString(type), total, sample_count);
}

}  // namespace

Result<SampleTable> SampleTable::Parse(std::span<const std::byte> stbl, ByteCount file_size,
                                       std::uint64_t first_decode_time) {
  if (first_decode_time > kTimeMax) return Invalid("the samples begin too late");
  SampleTable table;
  table.first_decode_time_ = first_decode_time;
  TT_RETURN_IF_ERROR(table.ParseSizes(stbl));
  TT_RETURN_IF_ERROR(table.ParseTimes(stbl));
  TT_RETURN_IF_ERROR(table.ParseSyncSamples(stbl));
  TT_RETURN_IF_ERROR(table.ParseChunks(stbl));
  TT_RETURN_IF_ERROR(table.CheckChunks(file_size));
  return table;
}

Result<void> SampleTable::ParseSizes(std::span<const std::byte> stbl) {
  TT_ASSIGN_OR_RETURN(std::optional<Box> box, FindOptional(stbl, MakeFourCc("stsz")));
  const bool compact = !box.has_value();
  if (compact) {
    TT_ASSIGN_OR_RETURN(box, FindOptional(stbl, MakeFourCc("stz2")));
    if (!box) return Invalid("no 'stsz' box");
  }
  ByteReader reader(box->payload);
  reader.Skip(4);
  const std::uint32_t word = reader.U32();
  sample_count_ = reader.U32();
  if (!reader.ok()) return Invalid("'{}' box is malformed", ToString(box->type));
  if (sample_count_ == 0) return Invalid("the track has no samples");
  if (sample_count_ > kSamplesMax) {
    return Invalid("the track has {} samples; at most {} are taken", sample_count_, kSamplesMax);
  }
  if (!compact) uniform_size_ = word;
  if (uniform_size_ != 0) return {};
  const unsigned bits = compact ? word & 0xffU : 32;
  if (bits != 4 && bits != 8 && bits != 16 && bits != 32) {
    return Invalid("'stz2' box has sizes of {} bits", bits);
  }
  sizes_ = NumberTable(reader.Take((std::size_t{sample_count_} * bits + 7) / 8), bits);
  if (reader.ok()) return {};
  return Invalid("'{}' box has no room for its {} entries", ToString(box->type), sample_count_);
}

Result<void> SampleTable::ParseTimes(std::span<const std::byte> stbl) {
  TT_ASSIGN_OR_RETURN(const Box stts, FindOnly(stbl, MakeFourCc("stts")));
  TT_ASSIGN_OR_RETURN(time_runs_, ParseRecords(stts, 8));
  TT_RETURN_IF_ERROR(CheckRuns(time_runs_, stts.type, sample_count_));
  // Below 2^57: there are 20 million samples at most.
  for (std::uint32_t run = 0; run < time_runs_.count(); ++run) {
    const TimeRun now{.sample_count = time_runs_.U32(run, 0), .duration = time_runs_.U32(run, 1)};
    duration_ += std::uint64_t{now.sample_count} * now.duration;
    if (now.sample_count > longest_time_run_.sample_count) longest_time_run_ = now;
  }
  TT_ASSIGN_OR_RETURN(const std::optional<Box> ctts, FindOptional(stbl, MakeFourCc("ctts")));
  if (!ctts) return {};
  TT_ASSIGN_OR_RETURN(composition_runs_, ParseRecords(*ctts, 8));
  return CheckRuns(composition_runs_, ctts->type, sample_count_);
}

Result<void> SampleTable::ParseSyncSamples(std::span<const std::byte> stbl) {
  TT_ASSIGN_OR_RETURN(const std::optional<Box> stss, FindOptional(stbl, MakeFourCc("stss")));
  if (!stss) return {};
  TT_ASSIGN_OR_RETURN(const RecordTable numbers, ParseRecords(*stss, 4));
  std::uint32_t before = 0;
  for (std::uint32_t i = 0; i < numbers.count(); ++i) {
    const std::uint32_t number = numbers.U32(i);
    if (number <= before || number > sample_count_) {
      return Invalid("'stss' box names sample {} after {} of {}", number, before, sample_count_);
    }
    before = number;
  }
  sync_samples_ = numbers;
  return {};
}

Result<void> SampleTable::ParseChunks(std::span<const std::byte> stbl) {
  TT_ASSIGN_OR_RETURN(std::optional<Box> offsets, FindOptional(stbl, MakeFourCc("co64")));
  const std::size_t offset_bytes = offsets ? 8 : 4;
  if (!offsets) {
    TT_ASSIGN_OR_RETURN(offsets, FindOnly(stbl, MakeFourCc("stco")));
  }
  TT_ASSIGN_OR_RETURN(chunk_offsets_, ParseRecords(*offsets, offset_bytes));
  TT_ASSIGN_OR_RETURN(const Box stsc, FindOnly(stbl, MakeFourCc("stsc")));
  TT_ASSIGN_OR_RETURN(chunk_runs_, ParseRecords(stsc, 12));
  if (chunk_runs_.count() == 0 || chunk_runs_.U32(0, 0) != 1) {
    return Invalid("'stsc' box does not begin with the first chunk");
  }
  description_ = chunk_runs_.U32(0, 2);
  std::uint64_t total = 0;
  for (std::uint32_t run = 0; run < chunk_runs_.count(); ++run) {
    const bool last = run + 1 == chunk_runs_.count();
    const std::uint64_t first = chunk_runs_.U32(run, 0);
    const std::uint64_t next =
        last ? std::uint64_t{chunk_offsets_.count()} + 1 : chunk_runs_.U32(run + 1, 0);
    const std::uint32_t samples_per_chunk = chunk_runs_.U32(run, 1);
    if (next <= first || next > std::uint64_t{chunk_offsets_.count()} + 1) {
      return Invalid("'stsc' box goes from chunk {} to {} of {}", first, next,
                     chunk_offsets_.count());
    }
    if (samples_per_chunk == 0 || chunk_runs_.U32(run, 2) == 0) {
      return Invalid("'stsc' box has chunks without samples or description");
    }
    if (chunk_runs_.U32(run, 2) != description_) description_.reset();
    total += (next - first) * samples_per_chunk;
    // Ends the sum before it can overflow.
    if (total > sample_count_) break;
  }
  if (total == sample_count_) return {};
  return Invalid("the chunks hold {} samples, there are {}", total, sample_count_);
}

// Every sample lies in the file.
Result<void> SampleTable::CheckChunks(ByteCount file_size) {
  std::uint32_t sample = 0;
  std::uint32_t run = 0;
  for (std::uint32_t chunk = 0; chunk < chunk_offsets_.count(); ++chunk) {
    if (run + 1 < chunk_runs_.count() && chunk_runs_.U32(run + 1, 0) == chunk + 1) ++run;
    const std::uint32_t count = chunk_runs_.U32(run, 1);
    ByteCount size = 0;  // Below 2^57, as above.
    if (uniform_size_ != 0) {
      size = ByteCount{count} * uniform_size_;
    } else {
      for (std::uint32_t i = 0; i < count; ++i) size += sizes_.At(sample + i);
    }
    sample += count;
    const ByteCount offset = chunk_offsets_.Wide(chunk);
    if (offset > file_size || size > file_size - offset) {
      return Invalid("the file is cut off: it has {} bytes, a chunk of {} begins at {}", file_size,
                     size, offset);
    }
  }
  return {};
}

SampleCursor::SampleCursor(const SampleTable& table) : table_(&table) {
  at_.decode_time = table.first_decode_time();
  at_.time_left = table.time_runs_.U32(0);
  if (table.has_composition_offsets()) at_.composition_left = table.composition_runs_.U32(0);
  at_.chunk_left = table.chunk_runs_.U32(0, 1);
  at_.offset = table.chunk_offsets_.Wide(0);
}

bool SampleCursor::IsSync() const {
  const auto& syncs = table_->sync_samples_;
  return !syncs || (at_.next_sync < syncs->count() && syncs->U32(at_.next_sync) == at_.sample + 1);
}

void SampleCursor::EnterChunk() {
  ++at_.chunk;
  const RecordTable& runs = table_->chunk_runs_;
  const std::uint32_t next_run = at_.chunk_run + 1;
  if (next_run < runs.count() && runs.U32(next_run, 0) == at_.chunk + 1) at_.chunk_run = next_run;
  at_.chunk_left = runs.U32(at_.chunk_run, 1);
  at_.offset = table_->chunk_offsets_.Wide(at_.chunk);
}

Sample SampleCursor::sample() const {
  Sample sample{.data = {.offset = at_.offset, .length = table_->SizeOf(at_.sample)},
                .decode_time = at_.decode_time,
                .duration = Duration(),
                .is_sync = IsSync()};
  // Signed in version 0 too, where QuickTime writes negative offsets.
  if (table_->has_composition_offsets()) {
    sample.composition_offset =
        static_cast<std::int32_t>(table_->composition_runs_.U32(at_.composition_run, 1));
  }
  return sample;
}

void SampleCursor::Advance() {
  if (table_->sync_samples_ && IsSync()) ++at_.next_sync;
  at_.decode_time += Duration();
  at_.offset += table_->SizeOf(at_.sample);
  ++at_.sample;
  if (done()) return;
  if (--at_.time_left == 0) at_.time_left = table_->time_runs_.U32(++at_.time_run);
  if (table_->has_composition_offsets() && --at_.composition_left == 0) {
    at_.composition_left = table_->composition_runs_.U32(++at_.composition_run);
  }
  if (--at_.chunk_left == 0) EnterChunk();
}

}  // namespace tritontube::bmff
