#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "endpoints/http_api/openapi_document.h"
#include "transport/http/router.h"

namespace tritontube::http_api {

// What openapi.json promises, for the tests that hold the program to it.
class OpenApiContract {
 public:
  explicit OpenApiContract(std::string_view document = OpenApiDocument());

  // "GET /api/v1/videos", for each that is described.
  std::set<std::string> operations() const;
  // What an answer has that the document does not allow; empty when it keeps to it.
  std::string BreachOf(const http::Route& route, const http::Response& response) const;
  // The same for a value and one of the schemas.
  std::string BreachOf(const std::string& schema, const nlohmann::json& value) const;

 private:
  std::string BreachOfSchema(nlohmann::json schema, const nlohmann::json& value) const;
  // What a "$ref" refers to; anything else as it is.
  nlohmann::json Resolved(nlohmann::json part) const;

  nlohmann::json document_;
};

// "GET /api/v1/videos"
std::string OperationOf(const http::Route& route);

}  // namespace tritontube::http_api
