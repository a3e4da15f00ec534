# What `cmake --install build/release --prefix DIR` puts below DIR beside the binary. The examples of
# configs/ name the model relative to the folder that holds them, so they run from
# DIR/share/freshet as they run from the checkout.
include(GNUInstallDirs)

set(share ${CMAKE_INSTALL_DATADIR}/freshet)
install(DIRECTORY configs DESTINATION ${share})
install(DIRECTORY models/demo DESTINATION ${share}/models)
install(DIRECTORY deploy/prometheus deploy/grafana deploy/kubernetes DESTINATION ${share}/deploy)
install(FILES deploy/systemd/freshet.service DESTINATION lib/systemd/system)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md SECURITY.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
