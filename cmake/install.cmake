include(CMakePackageConfigHelpers)
set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Semiflow)
install(EXPORT SemiflowTargets NAMESPACE semiflow:: DESTINATION ${config_dir})
configure_package_config_file(cmake/SemiflowConfig.cmake.in SemiflowConfig.cmake INSTALL_DESTINATION ${config_dir})
write_basic_package_version_file(SemiflowConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/SemiflowConfig.cmake ${PROJECT_BINARY_DIR}/SemiflowConfigVersion.cmake
              cmake/dependencies.cmake cmake/torch.cmake DESTINATION ${config_dir})
