#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <span>
#include <string_view>

#include "base/error.h"
#include "foundation/config/resolve.h"

namespace tritontube::app {

// What a command has of the world around the process; a test brings its own.
struct Console {
  std::FILE* out = stdout;  // Results, and nothing else.
  std::FILE* err = stderr;  // Everything for the eye.
  config::Environment environment;
};

// One subcommand of the binary, made anew for every command line.
class Command {
 public:
  virtual ~Command() = default;

  // Adds its flags and arguments to its part of the command line, which writes
  // into members of this object.
  virtual void AddOptions(CLI::App& app) = 0;
  // Does what the command line asks for. An error becomes one line on `err`;
  // the exit code is 2 for kInvalidArgument, else 1.
  virtual Result<void> Run(const Console& console) = 0;
};

// A row of the table of commands.
struct CommandEntry {
  std::string_view name;
  std::string_view summary;  // For --help.
  std::unique_ptr<Command> (*make)();
};

// Every subcommand there is. A new one is a file in this folder and a row.
std::span<const CommandEntry> Commands();

}  // namespace tritontube::app
