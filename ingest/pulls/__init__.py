"""What Loadstar asks for by itself: a file a service, which makes the question and reads the answer, and what they share."""
