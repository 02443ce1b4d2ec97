#include "transport/http/router.h"

#include <algorithm>
#include <cstdint>

#include "base/assert.h"

namespace tritontube::http {

namespace {

enum class SegmentKind : std::uint8_t { kText, kParameter, kRest };

struct Segment {
  SegmentKind kind;
  std::string text;  // The text, or the parameter's name.
};

Segment ParseSegment(std::string_view text) {
  if (!text.starts_with('{')) return {SegmentKind::kText, std::string(text)};
  TT_ASSERT(text.ends_with('}'), "a route's segment {} lacks its brace", text);
  std::string_view name = text.substr(1, text.size() - 2);
  if (!name.ends_with("...")) return {SegmentKind::kParameter, std::string(name)};
  name.remove_suffix(3);
  return {SegmentKind::kRest, std::string(name)};
}

std::vector<Segment> ParsePattern(std::string_view pattern) {
  TT_ASSERT(pattern.starts_with('/'), "a route's pattern {} does not begin with /", pattern);
  std::vector<Segment> segments;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);
    const std::string_view text = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(text.size());
    segments.push_back(ParseSegment(text));
    TT_ASSERT(segments.back().kind != SegmentKind::kRest || pattern.empty(),
              "only the last segment of a route takes the rest");
  }
  return segments;
}

// Orders patterns by specificity and is equal for those that match the same.
std::string SpecificityOf(const std::vector<Segment>& segments) {
  std::string key;
  for (const Segment& segment : segments) {
    key += static_cast<char>('0' + static_cast<int>(segment.kind));
    if (segment.kind == SegmentKind::kText) key += segment.text;
    key += '/';
  }
  return key;
}

}  // namespace

struct Router::Pattern {
  std::vector<Segment> segments;
  std::map<Method, Route> by_method;

  bool Matches(std::string_view path, RouteParameters& parameters) const;
  std::string Allow() const;
  Headers About() const;
  Cors cors() const {
    return std::ranges::any_of(
               by_method, [](const auto& entry) { return entry.second.options.cors == Cors::kAny; })
               ? Cors::kAny
               : Cors::kSameOrigin;
  }
};

bool Router::Pattern::Matches(std::string_view path, RouteParameters& parameters) const {
  for (const Segment& segment : segments) {
    if (!path.starts_with('/')) return false;
    path.remove_prefix(1);
    if (segment.kind == SegmentKind::kRest) {
      parameters.Add(segment.text, std::string(path));
      return true;
    }
    const std::string_view text = path.substr(0, path.find('/'));
    path.remove_prefix(text.size());
    if (segment.kind == SegmentKind::kText) {
      if (text != segment.text) return false;
    } else {
      if (text.empty()) return false;
      parameters.Add(segment.text, std::string(text));
    }
  }
  return path.empty();
}

std::string Router::Pattern::Allow() const {
  std::string allow;
  for (const auto& [method, route] : by_method) {
    allow += ToString(method);
    allow += ", ";
    if (method == Method::kGet) allow += "HEAD, ";
  }
  return allow + "OPTIONS";
}

Headers Router::Pattern::About() const {
  Headers about;
  for (const auto& [method, route] : by_method) {
    for (const Header& header : route.options.about.all()) about.Set(header.name, header.value);
  }
  return about;
}

void Router::Add(Method method, std::string_view pattern, Handler handler, RouteOptions options) {
  TT_ASSERT(method != Method::kHead && method != Method::kOptions,
            "{} is answered without a route of its own", ToString(method));
  std::vector<Segment> segments = ParsePattern(pattern);
  std::shared_ptr<Pattern>& entry = patterns_[SpecificityOf(segments)];
  if (!entry) entry = std::make_shared<Pattern>(Pattern{std::move(segments), {}});
  TT_ASSERT(entry->by_method.empty() || entry->by_method.begin()->second.pattern == pattern,
            "{} and {} match the same paths", pattern, entry->by_method.begin()->second.pattern);
  Route route{method, std::string(pattern), std::move(options), std::move(handler)};
  const bool is_new = entry->by_method.emplace(method, std::move(route)).second;
  TT_ASSERT(is_new, "the route {} {} is there twice", ToString(method), pattern);
}

Router::Answer Router::Find(Method method, std::string_view path) const {
  const Method wanted = method == Method::kHead ? Method::kGet : method;
  for (const auto& [specificity, pattern] : patterns_) {
    RouteParameters parameters;
    if (!pattern->Matches(path, parameters)) continue;
    const auto route = pattern->by_method.find(wanted);
    if (route == pattern->by_method.end()) {
      return NoSuchMethod{
          .allow = pattern->Allow(), .cors = pattern->cors(), .about = pattern->About()};
    }
    return Match{.route = &route->second, .parameters = std::move(parameters)};
  }
  return NoSuchPath{};
}

std::vector<const Route*> Router::routes() const {
  std::vector<const Route*> routes;
  for (const auto& [specificity, pattern] : patterns_) {
    for (const auto& [method, route] : pattern->by_method) routes.push_back(&route);
  }
  return routes;
}

}  // namespace tritontube::http
