"""For how many seconds a helper waits for what always comes, on the slowest host too."""
import os

# Less than the test itself has (lib.bash): the helper can still say what did not come.
HANG = int(os.environ.get("LIMIT", "900")) * 2 // 3
