#include "app/commands/client_commands.h"

#include <atomic>
#include <csignal>
#include <thread>

#include "adapters/http_client/curl_client.h"
#include "app/client/backup.h"
#include "app/client/download.h"
#include "app/client/upload.h"
#include "app/client/verify.h"
#include "app/client/videos.h"

namespace tritontube::app {

namespace {

constexpr std::string_view kServerDefault = "http://127.0.0.1:3344";
constexpr std::chrono::milliseconds kWaitSlice{50};

// Ctrl-C, and what a service manager sends. The only thing a signal handler may
// touch is an atomic like this.
std::atomic<bool>& StopAsked() {
  static std::atomic<bool> asked = false;
  return asked;
}

// The first Ctrl-C lets the command end well, the second ends it.
void ListenForStop() {
  struct sigaction action{};
  action.sa_handler = [](int) { StopAsked() = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int number : {SIGINT, SIGTERM}) sigaction(number, &action, nullptr);
}

bool Wait(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!StopAsked() && std::chrono::steady_clock::now() < end) {
    // lint: this thread is the command's own, and Ctrl-C must end the wait.
    std::this_thread::sleep_for(kWaitSlice);
  }
  return !StopAsked();
}

}  // namespace

void ClientCommand::AddOptions(CLI::App& app) {
  app.add_option("--server", server_,
                 fmt::format("Address of the server [{}; TRITONTUBE_SERVER]", kServerDefault));
  app.add_flag("--json", json_, "Write one JSON object on each line");
  AddOwnOptions(app);
}

Result<void> ClientCommand::Run(const Console& console) {
  std::string server = server_;
  if (server.empty()) server = console.environment("TRITONTUBE_SERVER").value_or("");
  if (server.empty()) server = kServerDefault;
  while (server.ends_with('/')) server.pop_back();
  ListenForStop();
  TT_ASSIGN_OR_RETURN(const auto http, http_client::CurlClient::Open(server, StopAsked()));
  TT_ASSIGN_OR_RETURN(const auto aside, http_client::CurlClient::Open(server, StopAsked()));
  client::Terminal terminal(console.out, console.err);
  client::Context context{.http = *http,
                          .aside = *aside,
                          .server = server,
                          .terminal = terminal,
                          .json = json_,
                          .wait = Wait};
  const Result<void> done = RunWith(context);
  terminal.EndProgress();
  return done;
}

void UploadCommand::AddOwnOptions(CLI::App& app) {
  app.add_option("FILE", files_, "Videos to upload")->required();
}

Result<void> UploadCommand::RunWith(client::Context& context) {
  return client::Upload(context, {files_.begin(), files_.end()});
}

void ListCommand::AddOwnOptions(CLI::App& app) {
  app.add_option("--q", q_, "Only videos with this in their title");
}

Result<void> ListCommand::RunWith(client::Context& context) { return client::List(context, q_); }

void ShowCommand::AddOwnOptions(CLI::App& app) {
  app.add_option("ID", id_, "The video, as list names it")->required();
}

Result<void> ShowCommand::RunWith(client::Context& context) { return client::Show(context, id_); }

void DeleteCommand::AddOwnOptions(CLI::App& app) {
  app.add_option("ID", ids_, "Videos to delete for good")->required();
}

Result<void> DeleteCommand::RunWith(client::Context& context) {
  return client::Delete(context, ids_);
}

void DownloadCommand::AddOwnOptions(CLI::App& app) {
  app.add_option("ID", id_, "The video, as list names it")->required();
  app.add_option("-o,--output", output_, "File or folder to write; else the name it came with");
  app.add_flag("--force", force_, "Overwrite a file that is there");
}

Result<void> DownloadCommand::RunWith(client::Context& context) {
  client::DownloadOptions options{.id = id_};
  if (!output_.empty()) options.output = output_;
  if (force_) options.overwrite = local_files::Overwrite::kYes;
  return client::Download(context, options);
}

void VerifyCommand::AddOwnOptions(CLI::App& app) {
  app.add_option("ID", id_, "One video; else all");
}

Result<void> VerifyCommand::RunWith(client::Context& context) {
  return client::Verify(context, id_);
}

void BackupCommand::AddOwnOptions(CLI::App& app) {
  app.add_option("DIR", folder_, "New folder, or one with an earlier backup")->required();
}

Result<void> BackupCommand::RunWith(client::Context& context) {
  return client::Backup(context, folder_);
}

}  // namespace tritontube::app
