"""What a notebook of this book needs beside the library: chapters, claims, history, shipped models, shown source, tests of equality."""
