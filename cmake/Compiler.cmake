# clang-19 is the compiler; GCC 12 miscompiles ordinary coroutines (ADR 0001).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  message(FATAL_ERROR "GCC ${CMAKE_CXX_COMPILER_VERSION} miscompiles C++ coroutines (docs/adr/0001). "
                      "Use clang-19: cmake --preset dev")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

set(TRITONTUBE_SANITIZER "" CACHE STRING "Value of -fsanitize=, or empty")
option(TRITONTUBE_FUZZ "Build the fuzz targets" OFF)
option(TRITONTUBE_PRECOMPILE "Use the shared precompiled header" ON)

add_library(tritontube_compile_options INTERFACE)
target_include_directories(tritontube_compile_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(
  tritontube_compile_options
  INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
            -Werror -fno-omit-frame-pointer)
# Line tables are enough for stack traces and halve the size of the objects.
add_compile_options("SHELL:-Xclang -fno-pch-timestamp" -gline-tables-only "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
add_link_options(-fuse-ld=lld)
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)

# Without optimization: the instrumented code takes twice as long to optimize as its tests to run without.
if(TRITONTUBE_SANITIZER)
  add_compile_options(-fsanitize=${TRITONTUBE_SANITIZER} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TRITONTUBE_SANITIZER})
endif()
# Counts branches, so that a fuzzer knows which inputs reach new code.
if(TRITONTUBE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()
