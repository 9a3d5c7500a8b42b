"""Files that are sent to be given to runs, and the files of runs, over HTTP."""
