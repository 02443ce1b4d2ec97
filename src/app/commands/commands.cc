#include <array>

#include "app/commands/admin_command.h"
#include "app/commands/client_commands.h"
#include "app/commands/command.h"
#include "app/commands/config_command.h"
#include "app/commands/restore_command.h"
#include "app/commands/serve_command.h"
#include "app/commands/storage_command.h"
#include "app/commands/web_command.h"
#include "app/commands/worker_command.h"

namespace tritontube::app {

namespace {

template <typename T>
std::unique_ptr<Command> Make() {
  return std::make_unique<T>();
}

constexpr auto kCommands = std::to_array<CommandEntry>({
    {"serve", "Run everything in this process, with nothing else installed", Make<ServeCommand>},
    {"storage", "Keep a part of a cluster's videos in a folder, as one of its content nodes",
     Make<StorageCommand>},
    {"web", "Run a web server of a cluster, on etcd and content nodes", Make<WebCommand>},
    {"worker", "Transcode for a cluster, on a machine that keeps nothing", Make<WorkerCommand>},
    {"admin", "Ask a cluster which content nodes it has and how they are", Make<AdminCommand>},
    {"config", "Show the settings that serve would run with, and where each comes from",
     Make<ConfigCommand>},
    {"upload", "Upload videos and print their addresses", Make<UploadCommand>},
    {"list", "List the videos of a server", Make<ListCommand>},
    {"show", "Show what is known of a video", Make<ShowCommand>},
    {"delete", "Delete videos", Make<DeleteCommand>},
    {"download", "Download a video as it was uploaded", Make<DownloadCommand>},
    {"verify", "Have a server read and check every byte it keeps", Make<VerifyCommand>},
    {"backup", "Bring a backup of a running server up to date", Make<BackupCommand>},
    {"restore", "Make a data folder out of a backup", Make<RestoreCommand>},
});

}  // namespace

std::span<const CommandEntry> Commands() { return kCommands; }

}  // namespace tritontube::app
