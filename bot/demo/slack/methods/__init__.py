"""The Web API methods of the emulated workspace, one function each; see `registry`."""
