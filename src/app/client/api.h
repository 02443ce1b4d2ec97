#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "adapters/http_client/http_client.h"
#include "app/client/terminal.h"

namespace tritontube::client {

// What every command works with. References outlive the command.
struct Context {
  http_client::HttpClient& http;
  http_client::HttpClient& aside;  // The same server, for what is asked while `http` sends.
  std::string server;              // "http://host:port", for addresses that are shown.
  Terminal& terminal;
  bool json = false;  // Results as one JSON object on each line.
  // Waits so long; false when the command shall stop.
  std::function<bool(std::chrono::milliseconds)> wait;
};

// Our HTTP interface. Errors are for the user; what is no TritonTube's answer is
// kUnknown.
nlohmann::json ErrorJson(const Error& error);
// One line, whatever is in it.
std::string JsonLine(const nlohmann::json& json);

Result<nlohmann::json> ParseJson(std::string_view text);
// The address of a video; kNotFound for what can be no id.
Result<std::string> VideoPath(std::string_view id);
Result<nlohmann::json> GetVideo(http_client::HttpClient& http, std::string_view id);
// Calls `take` with every video, newest first; `q` is part of the title.
Result<void> ForEachVideo(http_client::HttpClient& http, std::string_view q,
                          const std::function<void(const nlohmann::json&)>& take);
Result<void> DeleteVideo(http_client::HttpClient& http, std::string_view id);

// A field's text; empty when it has none.
std::string TextOf(const nlohmann::json& json, const char* name);

// "1 of 3 uploads failed", or nothing when none did.
Result<void> FailedOf(std::size_t failed_count, std::size_t count, std::string_view what);

}  // namespace tritontube::client
