#include <xxhash.h>

#include <algorithm>
#include <concepts>
#include <set>

#include "domain/topology/limits.h"
#include "domain/topology/topology.h"

namespace tritontube::topology {

namespace {

using placement::SlotTable;

constexpr std::uint32_t kFormat = 4;
constexpr std::uint32_t kFormatWithoutChanges = 1;
constexpr std::uint32_t kFormatWithOnePastChange = 2;
constexpr std::uint32_t kFormatWithoutGivenUp = 3;
// The flags of a member.
constexpr std::uint8_t kIncomplete = 1;
constexpr std::uint8_t kJoining = 2;
constexpr std::uint8_t kLeaving = 4;
// The flags of a change.
constexpr std::uint8_t kAcceptsLoss = 1;
constexpr std::uint8_t kByItself = 2;
// What stands behind the table.
constexpr std::uint8_t kHasPlan = 1;
constexpr std::uint8_t kHasChange = 2;
constexpr std::uint8_t kHasPast = 4;  // In format 2, instead of a count.

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

std::uint8_t FlagsOf(const Member& member) {
  unsigned flags = member.incomplete ? kIncomplete : 0U;
  if (member.standing == Standing::kJoining) flags |= kJoining;
  if (member.standing == Standing::kLeaving) flags |= kLeaving;
  return static_cast<std::uint8_t>(flags);
}

Result<Standing> StandingOf(std::uint8_t flags) {
  switch (flags & ~unsigned{kIncomplete}) {
    case 0:
      return Standing::kMember;
    case kJoining:
      return Standing::kJoining;
    case kLeaving:
      return Standing::kLeaving;
    default:
      return Fail(ErrorCode::kCorrupt, "a member of the topology stands nowhere");
  }
}

void Write(const Member& member, Writer& writer) {
  writer.Put(member.id.text());
  writer.Put(member.weight);
  writer.Put(FlagsOf(member));
  writer.PutWithSize(member.address);
  writer.PutWithSize(member.zone);
}

Result<Member> ReadMember(Reader& reader) {
  TT_ASSIGN_OR_RETURN(NodeId id, reader.TakeId<NodeId>());
  TT_ASSIGN_OR_RETURN(const auto weight, reader.Take<std::uint64_t>());
  TT_ASSIGN_OR_RETURN(const auto flags, reader.Take<std::uint8_t>());
  TT_ASSIGN_OR_RETURN(std::string address, reader.TakeWithSize());
  TT_ASSIGN_OR_RETURN(std::string zone, reader.TakeWithSize());
  TT_ASSIGN_OR_RETURN(const Standing standing, StandingOf(flags));
  Member member{.id = std::move(id),
                .address = std::move(address),
                .zone = std::move(zone),
                .weight = weight,
                .standing = standing,
                .incomplete = (flags & kIncomplete) != 0};
  if (!CheckMember(member)) {
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

void Write(const Moved& moved, Writer& writer) {
  writer.Put(moved.files);
  writer.Put(std::uint64_t{moved.bytes});
}

Result<Moved> ReadMoved(Reader& reader) {
  TT_ASSIGN_OR_RETURN(const auto files, reader.Take<std::uint64_t>());
  TT_ASSIGN_OR_RETURN(const auto bytes, reader.Take<std::uint64_t>());
  return Moved{.files = files, .bytes = bytes};
}

void Write(placement::Replication replication, Writer& writer) {
  writer.Put(static_cast<std::uint8_t>(replication.copies));
  writer.Put(static_cast<std::uint8_t>(replication.acks));
}

void Write(const SlotTable& table, Writer& writer) {
  for (const SlotTable::NodeIndex node : table.rows()) writer.Put(node);
}

void Write(const Plan& plan, Writer& writer) {
  writer.Put(plan.began);
  writer.Put(static_cast<std::uint8_t>(plan.phase));
  Write(plan.replication, writer);
  Write(plan.table, writer);
}

Result<Plan> ReadPlan(Reader& reader, std::size_t member_count) {
  TT_ASSIGN_OR_RETURN(const auto began, reader.Take<std::uint64_t>());
  TT_ASSIGN_OR_RETURN(const auto phase, reader.Take<std::uint8_t>());
  if (phase > static_cast<std::uint8_t>(Phase::kUseNew)) {
    return Fail(ErrorCode::kCorrupt, "the plan of the topology is in phase {}", phase);
  }
  TT_ASSIGN_OR_RETURN(const placement::Replication replication, ReadReplication(reader));
  TT_ASSIGN_OR_RETURN(SlotTable table, ReadTable(reader, replication.copies, member_count));
  return Plan{.began = began,
              .phase = static_cast<Phase>(phase),
              .replication = replication,
              .table = std::move(table)};
}

void Write(const PastChange& past, Writer& writer) {
  writer.Put(past.asked);
  writer.Put(static_cast<std::uint8_t>(past.aborted));
  Write(past.moved, writer);
  writer.PutWithSize(std::string_view(past.reason).substr(0, kReasonBytesMax));
}

Result<bool> ReadFlag(Reader& reader) {
  TT_ASSIGN_OR_RETURN(const auto flag, reader.Take<std::uint8_t>());
  if (flag > 1) return Fail(ErrorCode::kCorrupt, "the topology says neither yes nor no");
  return flag == 1;
}

Result<PastChange> ReadPast(Reader& reader) {
  TT_ASSIGN_OR_RETURN(const auto asked, reader.Take<std::uint64_t>());
  TT_ASSIGN_OR_RETURN(const bool aborted, ReadFlag(reader));
  TT_ASSIGN_OR_RETURN(const Moved moved, ReadMoved(reader));
  TT_ASSIGN_OR_RETURN(std::string reason, reader.TakeWithSize());
  return PastChange{
      .asked = asked, .aborted = aborted, .moved = moved, .reason = std::move(reason)};
}

std::uint8_t FlagsOf(const Change& change) {
  unsigned flags = change.accepts_loss ? kAcceptsLoss : 0U;
  if (change.by_itself) flags |= kByItself;
  return static_cast<std::uint8_t>(flags);
}

void Write(const Change& change, Writer& writer) {
  writer.Put(change.asked);
  Write(change.moved, writer);
  writer.Put(FlagsOf(change));
}

Result<Change> ReadChange(Reader& reader, std::uint32_t format) {
  TT_ASSIGN_OR_RETURN(const auto asked, reader.Take<std::uint64_t>());
  TT_ASSIGN_OR_RETURN(const Moved moved, ReadMoved(reader));
  TT_ASSIGN_OR_RETURN(const auto flags, reader.Take<std::uint8_t>());
  const unsigned known =
      format <= kFormatWithoutGivenUp ? kAcceptsLoss : unsigned{kAcceptsLoss} | kByItself;
  if (flags > known) {
    return Fail(ErrorCode::kCorrupt, "the change of the topology is of a kind that there is not");
  }
  return Change{.asked = asked,
                .moved = moved,
                .accepts_loss = (flags & kAcceptsLoss) != 0,
                .by_itself = (flags & kByItself) != 0};
}

void Write(const GivenUp& node, Writer& writer) {
  writer.Put(node.id.text());
  writer.PutWithSize(node.address);
  writer.Put(node.times);
}

Result<GivenUp> ReadGivenUp(Reader& reader) {
  TT_ASSIGN_OR_RETURN(NodeId id, reader.TakeId<NodeId>());
  TT_ASSIGN_OR_RETURN(std::string address, reader.TakeWithSize());
  TT_ASSIGN_OR_RETURN(const auto times, reader.Take<std::uint8_t>());
  if (times == 0) {
    return Fail(ErrorCode::kCorrupt, "node {} of the topology was never given up", id.text());
  }
  return GivenUp{.id = std::move(id), .address = std::move(address), .times = times};
}

Result<std::vector<GivenUp>> ReadAllGivenUp(Reader& reader) {
  TT_ASSIGN_OR_RETURN(const auto count, reader.Take<std::uint8_t>());
  if (count > kGivenUpMax) {
    return Fail(ErrorCode::kCorrupt, "the topology tells of {} nodes that were given up", count);
  }
  std::vector<GivenUp> nodes;
  for (std::size_t i = 0; i < count; ++i) {
    TT_ASSIGN_OR_RETURN(GivenUp node, ReadGivenUp(reader));
    nodes.push_back(std::move(node));
  }
  return nodes;
}

void WriteChanges(const Topology& topology, Writer& writer) {
  unsigned parts = topology.plan ? kHasPlan : 0U;
  if (topology.change) parts |= kHasChange;
  writer.Put(static_cast<std::uint8_t>(parts));
  if (topology.plan) Write(*topology.plan, writer);
  if (topology.change) Write(*topology.change, writer);
  writer.Put(static_cast<std::uint8_t>(topology.past.size()));
  for (const PastChange& past : topology.past) Write(past, writer);
  writer.Put(static_cast<std::uint8_t>(topology.given_up.size()));
  for (const GivenUp& node : topology.given_up) Write(node, writer);
}

// How many past changes follow, once everything before them has been read.
Result<std::size_t> ReadPastCount(Reader& reader, std::uint8_t parts, std::uint32_t format) {
  if (format == kFormatWithOnePastChange) return (parts & kHasPast) != 0 ? 1 : 0;
  TT_ASSIGN_OR_RETURN(const auto count, reader.Take<std::uint8_t>());
  if (count <= kPastChangesMax) return count;
  return Fail(ErrorCode::kCorrupt, "the topology tells of {} past changes", count);
}

Result<void> ReadChanges(Reader& reader, Topology& topology, std::uint32_t format) {
  TT_ASSIGN_OR_RETURN(const auto parts, reader.Take<std::uint8_t>());
  const unsigned known =
      format == kFormatWithOnePastChange ? kHasPlan | kHasChange | kHasPast : kHasPlan | kHasChange;
  if (parts > known) {
    return Fail(ErrorCode::kCorrupt, "the topology has parts that there are not");
  }
  if ((parts & kHasPlan) != 0) {
    TT_ASSIGN_OR_RETURN(topology.plan, ReadPlan(reader, topology.members.size()));
  }
  if ((parts & kHasChange) != 0) {
    TT_ASSIGN_OR_RETURN(topology.change, ReadChange(reader, format));
  }
  TT_ASSIGN_OR_RETURN(const std::size_t past, ReadPastCount(reader, parts, format));
  for (std::size_t i = 0; i < past; ++i) {
    TT_ASSIGN_OR_RETURN(topology.past.emplace_back(), ReadPast(reader));
  }
  if (format <= kFormatWithoutGivenUp) return {};
  TT_ASSIGN_OR_RETURN(topology.given_up, ReadAllGivenUp(reader));
  return {};
}

Result<Topology> ReadBody(std::string_view bytes, std::uint32_t format) {
  Reader reader(bytes);
  TT_ASSIGN_OR_RETURN(ClusterId cluster, reader.TakeId<ClusterId>());
  TT_ASSIGN_OR_RETURN(const auto epoch, reader.Take<std::uint64_t>());
  if (epoch == 0) return Fail(ErrorCode::kCorrupt, "a topology of epoch 0");
  TT_ASSIGN_OR_RETURN(const placement::Replication replication, ReadReplication(reader));
  TT_ASSIGN_OR_RETURN(std::vector<Member> members, ReadMembers(reader));
  TT_ASSIGN_OR_RETURN(SlotTable table, ReadTable(reader, replication.copies, members.size()));
  Topology topology{.cluster = std::move(cluster),
                    .epoch = epoch,
                    .replication = replication,
                    .members = std::move(members),
                    .table = std::move(table)};
  if (format > kFormatWithoutChanges) TT_RETURN_IF_ERROR(ReadChanges(reader, topology, format));
  if (!reader.rest().empty()) {
    return Fail(ErrorCode::kCorrupt, "{} bytes behind the topology", reader.rest().size());
  }
  return topology;
}

}  // namespace

std::string Encode(const Topology& topology) {
  Writer body;
  body.Put(topology.cluster.text());
  body.Put(topology.epoch);
  Write(topology.replication, body);
  body.Put(static_cast<std::uint16_t>(topology.members.size()));
  for (const Member& member : topology.members) Write(member, body);
  Write(topology.table, body);
  WriteChanges(topology, body);

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
  return ReadBody(reader.rest(), format);
}

}  // namespace tritontube::topology
