"""The test blocks of the conformance suite; loaded by PETIOLE_BLOCK_MODULES=tests.conformance_blocks."""
