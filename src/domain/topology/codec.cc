#include <xxhash.h>

#include <algorithm>
#include <concepts>
#include <set>

#include "domain/topology/limits.h"
#include "domain/topology/topology.h"

namespace tritontube::topology {

namespace {

using placement::SlotTable;

constexpr std::uint32_t kFormat = 1;
constexpr std::uint8_t kIncomplete = 1;

// Numbers are little-endian on every machine.
class Writer {
 public:
  template <std::unsigned_integral Number>
  void Put(Number number) {
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
      bytes_.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i) & 0xffU));
    }
  }
  void Put(std::string_view text) { bytes_.append(text); }
  void PutWithSize(std::string_view text) {
    Put(static_cast<std::uint8_t>(text.size()));
    Put(text);
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_ = {};
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <std::unsigned_integral Number>
  Result<Number> Take() {
    TT_ASSIGN_OR_RETURN(const std::string_view bytes, Take(sizeof(Number)));
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      number |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    }
    return static_cast<Number>(number);
  }
  Result<std::string_view> Take(std::size_t size) {
    if (size > bytes_.size()) return Fail(ErrorCode::kCorrupt, "the topology is cut off");
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  Result<std::string> TakeWithSize() {
    TT_ASSIGN_OR_RETURN(const auto size, Take<std::uint8_t>());
    TT_ASSIGN_OR_RETURN(const std::string_view text, Take(size));
    return std::string(text);
  }
  template <typename Id>
  Result<Id> TakeId() {
    TT_ASSIGN_OR_RETURN(const std::string_view text, Take(kIdLength));
    const std::optional<Id> id = Id::Parse(text);
    if (!id) return Fail(ErrorCode::kCorrupt, "the topology has a malformed id");
    return *id;
  }

  std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
};

std::uint64_t ChecksumOf(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

void Write(const Member& member, Writer& writer) {
  writer.Put(member.id.text());
  writer.Put(member.weight);
  writer.Put(member.incomplete ? kIncomplete : std::uint8_t{0});
  writer.PutWithSize(member.address);
  writer.PutWithSize(member.zone);
}

Result<Member> ReadMember(Reader& reader) {
  TT_ASSIGN_OR_RETURN(NodeId id, reader.TakeId<NodeId>());
  TT_ASSIGN_OR_RETURN(const auto weight, reader.Take<std::uint64_t>());
  TT_ASSIGN_OR_RETURN(const auto flags, reader.Take<std::uint8_t>());
  TT_ASSIGN_OR_RETURN(std::string address, reader.TakeWithSize());
  TT_ASSIGN_OR_RETURN(std::string zone, reader.TakeWithSize());
  Member member{.id = std::move(id),
                .address = std::move(address),
                .zone = std::move(zone),
                .weight = weight,
                .incomplete = flags == kIncomplete};
  if (flags > kIncomplete || !CheckMember(member)) {
    return Fail(ErrorCode::kCorrupt, "member {} of the topology is damaged", member.id.text());
  }
  return member;
}

Result<std::vector<Member>> ReadMembers(Reader& reader) {
  TT_ASSIGN_OR_RETURN(const auto count, reader.Take<std::uint16_t>());
  if (count == 0 || count > kMembersMax) {
    return Fail(ErrorCode::kCorrupt, "a topology of {} members", count);
  }
  std::vector<Member> members;
  std::set<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    TT_ASSIGN_OR_RETURN(Member member, ReadMember(reader));
    // A colon stands in no id, so that ids and addresses fit into one set.
    const bool is_new = names.insert(member.id.text()).second &&
                        names.insert(fmt::format(":{}", member.address)).second;
    if (!is_new) {
      return Fail(ErrorCode::kCorrupt, "member {} of the topology stands twice", member.id.text());
    }
    members.push_back(std::move(member));
  }
  return members;
}

Result<placement::Replication> ReadReplication(Reader& reader) {
  TT_ASSIGN_OR_RETURN(const auto copies, reader.Take<std::uint8_t>());
  TT_ASSIGN_OR_RETURN(const auto acks, reader.Take<std::uint8_t>());
  if (copies == 0 || copies > kCopiesMax || acks == 0 || acks > copies) {
    return Fail(ErrorCode::kCorrupt, "{} copies, of which {} are awaited", copies, acks);
  }
  return placement::Replication{.copies = copies, .acks = acks};
}

bool IsRow(std::span<const SlotTable::NodeIndex> row, std::size_t member_count) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] >= member_count) return false;
    if (std::ranges::find(row.subspan(i + 1), row[i]) != row.end()) return false;
  }
  return true;
}

Result<SlotTable> ReadTable(Reader& reader, int copies, std::size_t member_count) {
  const auto row_size = static_cast<std::size_t>(copies);
  std::vector<SlotTable::NodeIndex> rows;
  rows.reserve(placement::kSlotCount * row_size);
  for (std::size_t slot = 0; slot < placement::kSlotCount; ++slot) {
    for (std::size_t i = 0; i < row_size; ++i) {
      TT_ASSIGN_OR_RETURN(const auto node, reader.Take<SlotTable::NodeIndex>());
      rows.push_back(node);
    }
    if (!IsRow(std::span(rows).last(row_size), member_count)) {
      return Fail(ErrorCode::kCorrupt, "slot {} is given to nodes that cannot have it", slot);
    }
  }
  return SlotTable(copies, std::move(rows));
}

Result<Topology> ReadBody(std::string_view bytes) {
  Reader reader(bytes);
  TT_ASSIGN_OR_RETURN(ClusterId cluster, reader.TakeId<ClusterId>());
  TT_ASSIGN_OR_RETURN(const auto epoch, reader.Take<std::uint64_t>());
  if (epoch == 0) return Fail(ErrorCode::kCorrupt, "a topology of epoch 0");
  TT_ASSIGN_OR_RETURN(const placement::Replication replication, ReadReplication(reader));
  TT_ASSIGN_OR_RETURN(std::vector<Member> members, ReadMembers(reader));
  TT_ASSIGN_OR_RETURN(SlotTable table, ReadTable(reader, replication.copies, members.size()));
  if (!reader.rest().empty()) {
    return Fail(ErrorCode::kCorrupt, "{} bytes behind the topology", reader.rest().size());
  }
  return Topology{.cluster = std::move(cluster),
                  .epoch = epoch,
                  .replication = replication,
                  .members = std::move(members),
                  .table = std::move(table)};
}

}  // namespace

std::string Encode(const Topology& topology) {
  Writer body;
  body.Put(topology.cluster.text());
  body.Put(topology.epoch);
  body.Put(static_cast<std::uint8_t>(topology.replication.copies));
  body.Put(static_cast<std::uint8_t>(topology.replication.acks));
  body.Put(static_cast<std::uint16_t>(topology.members.size()));
  for (const Member& member : topology.members) Write(member, body);
  for (const SlotTable::NodeIndex node : topology.table.rows()) body.Put(node);

  Writer writer;
  writer.Put(kFormat);
  writer.Put(ChecksumOf(body.bytes()));
  writer.Put(body.bytes());
  return writer.bytes();
}

Result<Topology> Decode(std::string_view bytes) {
  Reader reader(bytes);
  TT_ASSIGN_OR_RETURN(const auto format, reader.Take<std::uint32_t>());
  if (format > kFormat) {
    return Fail(ErrorCode::kFailedPrecondition,
                "the topology has format {}; this program knows {} and older", format, kFormat);
  }
  TT_ASSIGN_OR_RETURN(const auto checksum, reader.Take<std::uint64_t>());
  if (format == 0 || checksum != ChecksumOf(reader.rest())) {
    return Fail(ErrorCode::kCorrupt, "the topology does not match its checksum");
  }
  return ReadBody(reader.rest());
}

}  // namespace tritontube::topology
