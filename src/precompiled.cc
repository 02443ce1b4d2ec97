// Gives the precompiled headers targets to live in.
