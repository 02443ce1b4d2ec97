// What does watching requests cost: the log and the metrics of each, as a server has them?
// observe_request [requests per thread]
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include "app/http_metrics.h"
#include "app/observers.h"

namespace {

using namespace tritontube;  // NOLINT(google-build-using-namespace): a program of one page
using Clock = std::chrono::steady_clock;

// A hot segment, as the server tells of it.
void Serve(http::ServerObserver& observer, long count) {
  http::RequestRecord record;
  record.method = "GET";
  record.path = "/content/abcdefghijk/v720-00042.m4s";
  record.pattern = "/content/{id}/{file}";
  record.remote_address = "127.0.0.1";
  record.id = "45881481-6725-8272-8000-000000000002";
  record.status = 200;
  record.complete = true;
  record.body_bytes_out = 1 << 20;
  record.duration = std::chrono::microseconds(300);
  for (long i = 0; i < count; ++i) {
    observer.OnBegin(record.pattern);
    observer.OnRequest(record);
  }
}

double NanosecondsEach(std::size_t thread_count, long count) {
  app::RequestLog log(std::chrono::seconds(10));
  app::HttpMetrics metrics;
  app::ServerObservers observers({&log, &metrics});
  const Clock::time_point begin = Clock::now();
  {
    std::vector<std::jthread> threads;
    threads.reserve(thread_count);
    for (std::size_t i = 0; i < thread_count; ++i) {
      threads.emplace_back([&] { Serve(observers, count); });
    }
  }
  const double elapsed = std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
  return elapsed / static_cast<double>(count);
}

}  // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 2'000'000;
  for (const std::size_t threads : {1UZ, 2UZ}) {
    fmt::print("{} threads: {:.0f} ns for each request\n", threads,
               NanosecondsEach(threads, count));
  }
}
