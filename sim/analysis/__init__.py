"""Questions asked of a problem beside the main job."""
