#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/client/api.h"
#include "app/commands/command.h"

namespace tritontube::app {

// What the commands that ask a server have in common: which one, and JSON.
class ClientCommand : public Command {
 public:
  void AddOptions(CLI::App& app) final;
  Result<void> Run(const Console& console) final;

 protected:
  virtual void AddOwnOptions(CLI::App& app) = 0;
  virtual Result<void> RunWith(client::Context& context) = 0;

 private:
  std::string server_;
  bool json_ = false;
};

class UploadCommand final : public ClientCommand {
 protected:
  void AddOwnOptions(CLI::App& app) override;
  Result<void> RunWith(client::Context& context) override;

 private:
  std::vector<std::string> files_;
};

class ListCommand final : public ClientCommand {
 protected:
  void AddOwnOptions(CLI::App& app) override;
  Result<void> RunWith(client::Context& context) override;

 private:
  std::string q_;
};

class ShowCommand final : public ClientCommand {
 protected:
  void AddOwnOptions(CLI::App& app) override;
  Result<void> RunWith(client::Context& context) override;

 private:
  std::string id_;
};

class DeleteCommand final : public ClientCommand {
 protected:
  void AddOwnOptions(CLI::App& app) override;
  Result<void> RunWith(client::Context& context) override;

 private:
  std::vector<std::string> ids_;
};

class DownloadCommand final : public ClientCommand {
 protected:
  void AddOwnOptions(CLI::App& app) override;
  Result<void> RunWith(client::Context& context) override;

 private:
  std::string id_;
  std::string output_;
  bool force_ = false;
};

class VerifyCommand final : public ClientCommand {
 protected:
  void AddOwnOptions(CLI::App& app) override;
  Result<void> RunWith(client::Context& context) override;

 private:
  std::string id_;
};

class BackupCommand final : public ClientCommand {
 protected:
  void AddOwnOptions(CLI::App& app) override;
  Result<void> RunWith(client::Context& context) override;

 private:
  std::string folder_;
};

}  // namespace tritontube::app
