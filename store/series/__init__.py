"""What has a timestamp: QuestDB."""
