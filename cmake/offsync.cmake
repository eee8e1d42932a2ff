# What every target of ours is compiled with, and how a layer of the house is declared.

add_library(offsync_options INTERFACE)
target_compile_options(offsync_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wcast-qual -Wformat=2 -Wundef -fno-strict-aliasing)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC bug 105651: std::string's operator+ seems to overlap itself when it is inlined.
  target_compile_options(offsync_options INTERFACE -Wno-restrict)
endif()
# simdjson asks __OPTIMIZE__ whether to check, which fmt's headers set for what follows them: files
# that include the two in another order would have another parser. So it is said once for all.
target_compile_definitions(offsync_options INTERFACE SIMDJSON_DEVELOPMENT_CHECKS=$<CONFIG:Debug>)
if(OFFSYNC_SANITIZE)
  target_compile_options(offsync_options INTERFACE
    -fsanitize=${OFFSYNC_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(offsync_options INTERFACE -fsanitize=${OFFSYNC_SANITIZE})
endif()
if(OFFSYNC_COVERAGE)
  # Processes that die in a test must not spoil the counters of others: updates are atomic.
  target_compile_options(offsync_options INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(offsync_options INTERFACE --coverage)
endif()

# offsync_layer(NAME DIR [deps...]): a static library of all .cc in DIR. Its link line names
# the layers that it may include from, and no others.
function(offsync_layer name dir)
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.cc)
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/offsync>)
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:offsync_options> PUBLIC ${ARGN})
endfunction()
