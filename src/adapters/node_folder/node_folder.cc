#include "adapters/node_folder/node_folder.h"

#include <fstream>
#include <string>
#include <utility>

#include "adapters/local_files/files.h"
#include "adapters/local_files/output_file.h"
#include "adapters/node_folder/node_state_json.h"
#include "foundation/telemetry/log.h"

namespace tritontube::node_folder {

using membership::NodeState;
using topology::Topology;

namespace {

constexpr std::string_view kNodeFile = "node.json";
constexpr std::string_view kTopologyFile = "topology";
constexpr std::string_view kScrubFile = "scrub";
constexpr std::string_view kProbeFile = "probe";
// More than any of the files is; what is larger was not written by us.
constexpr std::size_t kFileBytesMax = std::size_t{1} << 20U;

Result<std::string> ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return local_files::FailWithErrno(path);
  std::string bytes(kFileBytesMax, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file.bad() || !file.eof()) {
    return Fail(ErrorCode::kDataLoss, "{} cannot be read to its end: check the disk",
                path.string());
  }
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

}  // namespace

Result<std::unique_ptr<NodeFolder>> NodeFolder::Open(const std::filesystem::path& path,
                                                     Random& random,
                                                     async::BlockingPool& blocking) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) {
    return Fail(ErrorCode::kFailedPrecondition, "the folder {} cannot be made: {}", path.string(),
                failed.message());
  }
  TT_ASSIGN_OR_RETURN(process::FileDescriptor lock, local_files::LockFolder(path));
  std::unique_ptr<NodeFolder> folder(new NodeFolder(path, std::move(lock), blocking));
  TT_ASSIGN_OR_RETURN(NodeState state, folder->LoadOrMake(random));
  state.topology = folder->LoadTopology(state.epoch);
  folder->Set(std::move(state));
  return folder;
}

Result<NodeState> NodeFolder::LoadOrMake(Random& random) const {
  const std::filesystem::path path = folder_ / kNodeFile;
  std::error_code failed;
  if (std::filesystem::exists(path, failed)) {
    TT_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
    Result<NodeState> state = DecodeNodeState(text);
    if (!state) return std::unexpected(std::move(state).error().Within(path.string()));
    return state;
  }
  // node.json is written before anything is stored. A new id would make all of it nobody's.
  if (std::filesystem::exists(blobs(), failed)) {
    return Fail(ErrorCode::kDataLoss,
                "{} is missing although blobs are stored beside it: bring it back from a copy, or "
                "name another folder",
                path.string());
  }
  NodeState fresh{.node = NodeId::Generate(random)};
  TT_RETURN_IF_ERROR(Write(fresh));
  // The folder's own name may be new too.
  TT_RETURN_IF_ERROR(
      local_files::SyncFolder(std::filesystem::absolute(folder_).lexically_normal() / ".."));
  return fresh;
}

// The cluster has it too, so a damaged one is as good as none. One that is newer than node.json
// was written by a Save() that did not end: it was never acted on.
std::shared_ptr<const Topology> NodeFolder::LoadTopology(topology::Epoch newest) const {
  const std::filesystem::path path = folder_ / kTopologyFile;
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) return nullptr;
  const Result<std::string> bytes = ReadFile(path);
  Result<Topology> topology =
      bytes ? topology::Decode(*bytes) : Result<Topology>(std::unexpected(bytes.error()));
  if (!topology) {
    telemetry::Log(telemetry::Level::kWarning, "the recorded topology is not used",
                   {{"file", path.string()}, {"why", topology.error().message()}});
    return nullptr;
  }
  if (topology->epoch > newest) return nullptr;
  return std::make_shared<const Topology>(*std::move(topology));
}

std::shared_ptr<const NodeState> NodeFolder::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

async::Task<Result<void>> NodeFolder::Save(NodeState next, Deadline deadline) {
  if (deadline.HasPassed()) {
    co_return Fail(ErrorCode::kDeadlineExceeded, "no time is left to write to the disk");
  }
  TT_CO_RETURN_IF_ERROR(co_await blocking_.Run([&] { return Write(next); }));
  Set(std::move(next));
  co_return Result<void>();
}

Result<void> NodeFolder::Write(const NodeState& next) const {
  const std::shared_ptr<const NodeState> before = state();
  if (next.topology && (!before || before->topology != next.topology)) {
    TT_RETURN_IF_ERROR(WriteFile(kTopologyFile, topology::Encode(*next.topology)));
  }
  return WriteFile(kNodeFile, EncodeNodeState(next));
}

Result<void> NodeFolder::WriteFile(std::string_view name, std::string_view bytes) const {
  const std::filesystem::path path = folder_ / name;
  const std::filesystem::path unfinished = path.string() + ".new";
  TT_ASSIGN_OR_RETURN(local_files::OutputFile file, local_files::OutputFile::Create(unfinished));
  TT_RETURN_IF_ERROR(file.Write(bytes));
  TT_RETURN_IF_ERROR(file.Sync());
  TT_RETURN_IF_ERROR(local_files::Rename(unfinished, path, local_files::Overwrite::kYes));
  return local_files::SyncFolder(folder_);
}

async::Task<scrubbing::ScrubState> NodeFolder::LoadScrub() {
  const Result<scrubbing::ScrubState> state =
      co_await blocking_.Run([this]() -> Result<scrubbing::ScrubState> {
        TT_ASSIGN_OR_RETURN(const std::string text, ReadFile(folder_ / kScrubFile));
        return scrubbing::DecodeScrubState(text);
      });
  co_return state.value_or(scrubbing::ScrubState());
}

async::Task<Result<void>> NodeFolder::SaveScrub(scrubbing::ScrubState state, Deadline deadline) {
  return Replace(kScrubFile, Encode(state), deadline);
}

async::Task<Result<void>> NodeFolder::Probe(Deadline deadline) {
  return Replace(kProbeFile, "", deadline);
}

async::Task<Result<void>> NodeFolder::Replace(std::string_view name, std::string bytes,
                                              Deadline deadline) {
  if (deadline.HasPassed()) {
    co_return Fail(ErrorCode::kDeadlineExceeded, "no time is left to write to the disk");
  }
  co_return co_await blocking_.Run([&] { return WriteFile(name, bytes); });
}

Result<void> NodeFolder::BeginAnew() {
  NodeState next = *state();
  next.starts = 0;
  next.incomplete = true;
  TT_RETURN_IF_ERROR(Write(next));
  Set(std::move(next));
  std::error_code failed;
  std::filesystem::remove(folder_ / kScrubFile, failed);
  return {};
}

// The state first: a node that dies between the two is repaired although it has everything, and not
// the other way round.
Result<void> NodeFolder::SetBlobsAside() {
  TT_RETURN_IF_ERROR(BeginAnew());
  std::error_code failed;
  std::filesystem::path aside;
  for (int i = 1; aside.empty() || std::filesystem::exists(aside, failed); ++i) {
    aside = folder_ / fmt::format("blobs.damaged-{}", i);
  }
  TT_RETURN_IF_ERROR(local_files::Rename(blobs(), aside, local_files::Overwrite::kNo));
  telemetry::Log(telemetry::Level::kWarning,
                 "what was stored here is set aside, and the other nodes bring it back: delete it "
                 "when that is done",
                 {{"folder", aside.string()}});
  return local_files::SyncFolder(folder_);
}

void NodeFolder::Set(NodeState state) {
  const std::lock_guard lock(mutex_);
  state_ = std::make_shared<const NodeState>(std::move(state));
}

}  // namespace tritontube::node_folder
