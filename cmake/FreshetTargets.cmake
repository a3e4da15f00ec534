# The few functions through which every target of the project is made, so that all of them get the
# same flags.

# One instruction-set level in every file: Eigen's inlined code must not differ between translation
# units, and scores must have the same bits on every machine (docs/formats.md). pclmul is what
# simdjson's fast kernel needs beside v3. Contraction is off because only explicit fma is promised.
# -Wrestrict is off because g++ 12 raises it inside std::string's own operators.
add_library(freshet_flags INTERFACE)
target_compile_options(freshet_flags INTERFACE
  -march=x86-64-v3 -mpclmul -ffp-contract=off -fno-math-errno
  -Wall -Wextra $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wimplicit-fallthrough)

# freshet_library(NAME SOURCES a.cc ... HEADERS a.h ... PUBLIC lib ... PRIVATE lib ...)
# Each header compiles by itself: one with a source beside it is what that includes first
# (tests/lint/sources_listed.py), the others form a verified set (all_verify_interface_header_sets).
function(freshet_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;PUBLIC;PRIVATE" ${ARGN})
  set(alone "")
  foreach(header ${ARG_HEADERS})
    string(REGEX REPLACE "h$" "cc" source ${header})
    if(NOT source IN_LIST ARG_SOURCES)
      list(APPEND alone ${header})
    endif()
  endforeach()
  add_library(${name} STATIC ${ARG_SOURCES})
  target_sources(${name} PUBLIC
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${ARG_HEADERS}
    FILE_SET alone TYPE HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${alone})
  set_target_properties(${name} PROPERTIES
    VERIFY_INTERFACE_HEADER_SETS ON INTERFACE_HEADER_SETS_TO_VERIFY alone)
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC freshet_flags ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# freshet_tests(TIER MODULE LIBS lib ... [TIMEOUT s] [SHARDS n] [PROPERTIES name value ...])
# One executable per tier and module from tests/TIER/MODULE/*_test.cc; every case is a ctest test
# with the tier as its label, and with further ctest properties where they are given. Under a
# sanitizer, where a process takes longer to start than most cases, the executable is one test,
# or n of them where its cases wait for long; what failed stands in its output.
function(freshet_tests tier module)
  cmake_parse_arguments(ARG "" "TIMEOUT;SHARDS" "LIBS;PROPERTIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${tier}/${module}/*_test.cc)
  if(NOT sources)
    return()
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  set(name ${tier}_${module}_tests)
  add_executable(${name} ${sources})
  if(FRESHET_UNITY_TESTS)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON)
  endif()
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  # g++ 12 raises it for temporary configurations, where everything has an initial value.
  target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} GTest::gmock GTest::gtest_main)
  if(NOT FRESHET_TESTS_AS_A_WHOLE)
    gtest_discover_tests(${name}
      DISCOVERY_MODE PRE_TEST
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
      PROPERTIES LABELS ${tier} TIMEOUT ${ARG_TIMEOUT} ${ARG_PROPERTIES})
    return()
  endif()
  if(NOT ARG_SHARDS)
    set(ARG_SHARDS 1)
  endif()
  math(EXPR last "${ARG_SHARDS} - 1")
  foreach(shard RANGE ${last})
    add_test(NAME ${tier}.${module}.${shard} COMMAND ${name} --gtest_brief=1 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${tier}.${module}.${shard} PROPERTIES LABELS ${tier} TIMEOUT 600 ${ARG_PROPERTIES})
    set_property(TEST ${tier}.${module}.${shard} APPEND PROPERTY
      ENVIRONMENT GTEST_TOTAL_SHARDS=${ARG_SHARDS} GTEST_SHARD_INDEX=${shard})
  endforeach()
endfunction()
