# What goes where on `cmake --install`, and what CPack makes of it. Two components: `runtime` (the
# programs, manual pages, completions, service unit) and `development` (libraries, headers, CMake
# package). `offsync` looks for offsync-net relative to itself, so the tree works under any prefix.
include(CMakePackageConfigHelpers)

# ---- programs --------------------------------------------------------------------------------
foreach(program offsync offsync-proxy)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
  endif()
endforeach()
if(TARGET offsync-net)
  install(TARGETS offsync-net RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/offsync COMPONENT runtime)
endif()

# ---- manual pages, completions, unit, documents ----------------------------------------------
foreach(section 1 5 7 8)
  file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/man/*.${section})
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT runtime)
endforeach()

set(completions ${PROJECT_SOURCE_DIR}/completions)
set(bash_dir ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${completions}/offsync.bash DESTINATION ${bash_dir} RENAME offsync COMPONENT runtime)
install(FILES ${completions}/offsync-proxy.bash DESTINATION ${bash_dir} RENAME offsync-proxy
        COMPONENT runtime)
install(FILES ${completions}/_offsync ${completions}/_offsync-proxy
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT runtime)
install(FILES ${completions}/offsync.fish ${completions}/offsync-proxy.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT runtime)

if(EXISTS ${PROJECT_SOURCE_DIR}/proxy/offsync-proxy.service.in)
  # Made when it is installed: `cmake --install --prefix` says only then where the program is.
  install(CODE "
    set(CMAKE_INSTALL_FULL_BINDIR \"${CMAKE_INSTALL_BINDIR}\")
    if(NOT IS_ABSOLUTE \"\${CMAKE_INSTALL_FULL_BINDIR}\")
      string(PREPEND CMAKE_INSTALL_FULL_BINDIR \"\${CMAKE_INSTALL_PREFIX}/\")
    endif()
    configure_file(\"${PROJECT_SOURCE_DIR}/proxy/offsync-proxy.service.in\"
                   \"${PROJECT_BINARY_DIR}/offsync-proxy.service\" @ONLY)" COMPONENT runtime)
  install(FILES ${PROJECT_BINARY_DIR}/offsync-proxy.service DESTINATION lib/systemd/system
          COMPONENT runtime)
endif()

# The pages that README.md links to are elsewhere in an installed tree.
file(READ ${PROJECT_SOURCE_DIR}/README.md readme)
file(RELATIVE_PATH man_dir ${CMAKE_INSTALL_FULL_DOCDIR} ${CMAKE_INSTALL_FULL_MANDIR})
string(REGEX REPLACE "\\]\\(man/([a-z-]+\\.([0-9]))\\)" "](${man_dir}/man\\2/\\1)" readme "${readme}")
file(WRITE ${PROJECT_BINARY_DIR}/installed/README.md "${readme}")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/README.md)
install(FILES ${PROJECT_BINARY_DIR}/installed/README.md ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)

# ---- libraries, headers, CMake package -------------------------------------------------------
set(layers base event state sqlite wire replica sync)
foreach(layer ${layers})
  add_library(offsync::${layer} ALIAS offsync_${layer})
  set_target_properties(offsync_${layer} PROPERTIES EXPORT_NAME ${layer})
  install(TARGETS offsync_${layer} EXPORT offsyncTargets
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
  file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/${layer}/*.h)
  foreach(header ${headers})
    # A header that says "Internal" in its opening comment is not for others.
    file(STRINGS ${header} internal LIMIT_COUNT 1 REGEX "^// (.* )?Internal( to lib/[a-z]+)?[.:]")
    if(internal)
      list(REMOVE_ITEM headers ${header})
    endif()
  endforeach()
  install(FILES ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/offsync/${layer}
          COMPONENT development)
endforeach()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/offsync)
install(EXPORT offsyncTargets NAMESPACE offsync:: DESTINATION ${package_dir} COMPONENT development)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/offsyncConfig.cmake.in
  ${PROJECT_BINARY_DIR}/offsyncConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/offsyncConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/offsyncConfig.cmake
              ${PROJECT_BINARY_DIR}/offsyncConfigVersion.cmake
        DESTINATION ${package_dir} COMPONENT development)

# ---- packages --------------------------------------------------------------------------------
set(CPACK_GENERATOR "DEB;TGZ")
set(CPACK_PACKAGE_CONTACT "The offsync developers")
set(CPACK_PACKAGE_VENDOR "offsync")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime development)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_ARCHIVE_COMPONENT_INSTALL OFF)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME offsync)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "${PROJECT_DESCRIPTION}
 Work offline with a local replica, queue what you change as events, and sync
 when there is a network. The proxy orders the events, finds conflicts and
 broadcasts to everybody over server-sent events.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME liboffsync-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "libfmt-dev, libmd-dev, libsimdjson-dev, libsqlite3-dev, libzstd-dev, zlib1g-dev")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "Libraries of offsync: events, fold, replica, sync
 Static libraries, headers and a CMake package, to build programs that keep a
 replica of their own.")
include(CPack)
