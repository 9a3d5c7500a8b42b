#!/usr/bin/env python3
from config.console import main

if __name__ == "__main__":
    main()
