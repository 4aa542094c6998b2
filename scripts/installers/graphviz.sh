# Graphviz: the machine's own.

install_graphviz() { machine_package dot graphviz; }
